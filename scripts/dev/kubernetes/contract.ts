/**
 * What the stand-in claims about Kubernetes is tested on it and on a real control plane, by the same tests: the two, and
 * what the tests share.
 */
import { accountToken, controlPlane, makeNamespaces } from '../../../test/control-plane.ts';
import { createApi } from '../api.ts';
import { applyDocuments, untilInForce } from '../apply.ts';
import { askUntil } from '../ask-until.ts';
import { createJsonClient, type JsonAnswer } from '../https-json.ts';
import { listAt, objectAt, stringAt } from './objects.ts';
import { type JsonObject } from '#envelope/json.ts';
import { bodyOf, speakAs, startTestStandIn } from './testing.ts';

export interface Target {
  /** As an administrator; with another bearer where one is given. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<JsonAnswer>;
  /** A bearer of `default` in `team`. */
  token(): Promise<string>;
  /** Waits until policies and webhooks written before are in force. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

async function standIn(): Promise<Target> {
  const server = await startTestStandIn();
  const ask = speakAs(server, await server.token('admin', ['system:masters']));
  return {
    ask,
    token: () => server.token('system:serviceaccount:team:default'),
    settled: () => Promise.resolve(),
    close: async () => {
      ask.close();
      await server.close();
    },
  };
}

async function realOne(): Promise<Target> {
  const plane = await controlPlane('plain');
  const api = createApi(plane.admin);
  await makeNamespaces(api, [
    { namespace: 'team', account: 'admin' },
    { namespace: 'team', account: 'other' },
    { namespace: 'elsewhere', account: 'default' },
  ]);
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'everything' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'team', name: 'admin' }],
  };
  await applyDocuments(api, [binding]);
  const bearer = await accountToken(api, { namespace: 'team', name: 'admin' });
  const client = createJsonClient({ ca: plane.ca });
  return {
    ask: (method, path, body, headers = {}) =>
      client.call({
        method,
        url: plane.url + path,
        body,
        headers: { authorization: `Bearer ${bearer}`, ...headers },
      }),
    token: () => accountToken(api, { namespace: 'team', name: 'default' }),
    settled: () => untilInForce(api),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

export const secrets = '/api/v1/namespaces/team/secrets';
export const pods = '/api/v1/namespaces/team/pods';
export const leases = '/apis/coordination.k8s.io/v1/namespaces/team/leases';
export const accounts = '/api/v1/namespaces/team/serviceaccounts';
export const admission = '/apis/admissionregistration.k8s.io/v1';
export const mergePatch = { 'content-type': 'application/merge-patch+json' };

export function metaOf(answer: JsonAnswer): JsonObject {
  return objectAt(bodyOf(answer), 'metadata');
}
export function messageOf(answer: JsonAnswer): string {
  return stringAt(bodyOf(answer), 'message') ?? '';
}
export function namesIn(answer: JsonAnswer): unknown[] {
  return listAt(bodyOf(answer), 'items').map((item) => objectAt(item, 'metadata')['name']);
}

export function pod(name: string, more: object = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...more },
    spec: { containers: [{ name: 'main', image: 'example/app:1.0' }] },
  };
}
export function secret(name: string, more: object = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...more },
    data: { a: 'YQ==' },
  };
}
export function lease(name: string, more: object = {}, spec: object = {}): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...more },
    spec,
  };
}
export function ownedBy(answer: JsonAnswer): object {
  const { apiVersion, kind } = bodyOf(answer);
  const { name, uid } = metaOf(answer);
  return { ownerReferences: [{ apiVersion, kind, name, uid }] };
}

/** Asks until the response has this status; returns the last response. */
export function until(call: () => Promise<JsonAnswer>, status: number): Promise<JsonAnswer> {
  return askUntil(call, (answer) => answer.status === status, { withinMs: 10_000, everyMs: 20 });
}

/** The tests for each of the two. */
export function describeContract(what: string, sentences: (target: () => Target) => void): void {
  const both = {
    [`${what} of the stand-in for an API server`]: standIn,
    [`${what} of a real control plane, as the stand-in claims`]: realOne,
  };
  for (const [title, start] of Object.entries(both)) {
    describe(title, function () {
      this.timeout(60_000);
      let target: Target;
      before(async () => {
        target = await start();
      });
      sentences(() => target);
      // The tests' own `after` runs before this.
      after(() => target.close());
    });
  }
}
