/**
 * What the stand-in kubelet requests from the API server, as a node: the pod, its Secret, a token bound to it, its status.
 * Development tool, no zone.
 */

import { urlPath } from '#envelope/url-path.ts';
import { objectAt, stringAt, type Pod } from '../kubernetes/objects.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import { createJsonClient, type JsonAnswer } from '../https-json.ts';
import type { Sources } from './volumes.ts';

/** Where the API server is, its roots (PEM), and a bearer of a node. */
export interface Kubernetes {
  url: string;
  ca: string;
  token: string;
}

export interface NodeApi {
  pod(namespace: string, name: string): Promise<Pod>;
  /** What the pod's volumes are filled with. */
  sourcesOf(pod: Pod): Sources;
  reportStatus(pod: Pod, status: JsonObject): Promise<void>;
  close(): void;
}

/** Every method rejects with the API server's message when it refuses. */
export function createNodeApi({ url, ca, token }: Kubernetes): NodeApi {
  const client = createJsonClient({ ca });

  const ask = async (method: string, path: string, body?: unknown, type?: string): Promise<JsonAnswer> => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(type === undefined ? {} : { 'content-type': type }),
    };
    return client.call({ method, url: url + path, headers, body });
  };

  const accepted = (answer: JsonAnswer): JsonObject => {
    const body = isJsonObject(answer.body) ? answer.body : {};
    if (answer.status >= 400) throw new Error(stringAt(body, 'message') ?? `status ${answer.status}`);
    return body;
  };

  return {
    async pod(namespace, name) {
      // The API server checked the shape when it stored the pod.
      return accepted(await ask('GET', urlPath`/api/v1/namespaces/${namespace}/pods/${name}`)) as Pod;
    },

    sourcesOf({ metadata, spec }) {
      const base = urlPath`/api/v1/namespaces/${metadata.namespace ?? ''}`;
      return {
        async secret(name) {
          const answer = await ask('GET', base + urlPath`/secrets/${name}`);
          if (answer.status === 404) return undefined;
          const data = Object.entries(objectAt(accepted(answer), 'data'));
          return new Map(data.map(([key, value]) => [key, Buffer.from(String(value), 'base64')]));
        },

        async token(audience, seconds) {
          const { name, uid } = metadata;
          const request = {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenRequest',
            spec: {
              ...(audience === undefined ? {} : { audiences: [audience] }),
              expirationSeconds: seconds,
              boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
            },
          };
          const path = base + urlPath`/serviceaccounts/${spec.serviceAccountName ?? 'default'}/token`;
          const minted = accepted(await ask('POST', path, request));
          return stringAt(objectAt(minted, 'status'), 'token') ?? '';
        },
      };
    },

    async reportStatus({ metadata }, status) {
      const { namespace = '', name = '' } = metadata;
      const path = urlPath`/api/v1/namespaces/${namespace}/pods/${name}/status`;
      accepted(await ask('PATCH', path, { status }, 'application/merge-patch+json'));
    },

    close: () => client.close(),
  };
}
