/**
 * Sends an AdmissionReview to a mutating webhook and reads its answer, strictly. Development tool, no zone.
 */

import { HttpsError } from '#platform/https-client.ts';

import { createJsonClient, type JsonAnswer, type JsonClient } from '../../https-json.ts';
import { isJsonObject, objectAt, stringAt, stringsAt, type JsonObject } from '../objects/object.ts';
import type { AdmissionRequest } from './admission-request.ts';

export type WebhookAnswer = {
  allowed: boolean;
  warnings: string[];
  /** The Status of a refusal, as the webhook gave it. */
  status: JsonObject;
  patch?: unknown;
};

export type WebhookCaller = {
  /** Rejects with the reason, in the real API server's words, when there is no valid answer in time. */
  call(hook: JsonObject, request: AdmissionRequest): Promise<WebhookAnswer>;
  close(): void;
};

/** The API server's own certificate, shown to webhooks that ask for one. */
export type ClientLeaf = { cert: string; key: string };

const defaultTimeoutSeconds = 10;

function timeoutSeconds(hook: JsonObject): number {
  const { timeoutSeconds: seconds } = hook;
  return typeof seconds === 'number' ? seconds : defaultTimeoutSeconds;
}

/** Go's words for what went wrong on the way. */
function explain(error: unknown, url: URL): string {
  if (!(error instanceof HttpsError)) return 'unknown error';
  if (error.code !== 'unreachable')
    return error.code === 'timeout' ? 'context deadline exceeded' : error.message;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') return `dial tcp ${url.host}: connect: connection refused`;
  if (code === 'ECONNRESET') return 'EOF';
  return /CERT|SELF_SIGNED|ISSUER/.test(code)
    ? `tls: failed to verify certificate: ${cause.message}`
    : cause.message;
}

function decodePatch(response: JsonObject): { patch?: unknown } {
  const { patch, patchType } = response;
  if (patch === undefined && patchType === undefined) return {};
  if (typeof patch !== 'string' || patch === '') {
    throw new Error('webhook returned response.patchType but not response.patch');
  }
  if (patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType');
  if (patchType !== 'JSONPatch') {
    throw new Error(`webhook returned invalid response.patchType`);
  }
  const bytes = Buffer.from(patch, 'base64');
  if (bytes.toString('base64') !== patch) throw new Error('response.patch is not valid base64');
  try {
    return { patch: JSON.parse(bytes.toString()) as unknown };
  } catch {
    throw new Error('response.patch is not valid JSON');
  }
}

function readAnswer(answer: JsonAnswer, request: AdmissionRequest): WebhookAnswer {
  const { status, body } = answer;
  if (status !== 200) throw new Error(`failed to call webhook: an error on the server (status ${status})`);
  const review = isJsonObject(body) ? body : {};
  const [version, kind] = [stringAt(review, 'apiVersion') ?? '', stringAt(review, 'kind') ?? ''];
  if (version !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    throw new Error(
      `received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${version}, Kind=${kind}`,
    );
  }
  if (!isJsonObject(review['response']))
    throw new Error('received invalid webhook response: webhook response was absent');
  const response = review['response'];
  if (response['uid'] !== request.uid) {
    throw new Error(
      `received invalid webhook response: expected response.uid="${request.uid}", got "${stringAt(response, 'uid') ?? ''}"`,
    );
  }
  return {
    allowed: response['allowed'] === true,
    warnings: stringsAt(response, 'warnings'),
    status: objectAt(response, 'status'),
    ...decodePatch(response),
  };
}

export function createWebhookCaller(leaf: ClientLeaf | undefined): WebhookCaller {
  // One client per trust root: connections are reused between reviews, as the real API server does.
  const clients = new Map<string, JsonClient>();

  function clientFor(ca: string): JsonClient {
    const known =
      clients.get(ca) ??
      createJsonClient({
        ...(ca === '' ? {} : { ca }),
        ...(leaf && { cert: leaf.cert, key: leaf.key }),
      });
    clients.set(ca, known);
    return known;
  }

  function address(hook: JsonObject): URL {
    const target = objectAt(hook, 'clientConfig');
    const seconds = timeoutSeconds(hook);
    const service = objectAt(target, 'service');
    const [name, namespace] = [stringAt(service, 'name') ?? '', stringAt(service, 'namespace') ?? ''];
    const base =
      stringAt(target, 'url') ?? `https://${name}.${namespace}.svc:443${stringAt(service, 'path') ?? ''}`;
    const url = new URL(base);
    url.searchParams.set('timeout', `${seconds}s`);
    // There is no service network here: a configuration for the development cluster names a URL.
    if (target['url'] === undefined) {
      throw new Error(`failed to call webhook: Post "${url.href}": service "${name}" not found`);
    }
    return url;
  }

  return {
    async call(hook, request) {
      const url = address(hook);
      const ca = Buffer.from(stringAt(objectAt(hook, 'clientConfig'), 'caBundle') ?? '', 'base64').toString();
      const timeoutMs = timeoutSeconds(hook) * 1000;
      const body = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request };
      const answer = await clientFor(ca)
        .call({ url: url.href, method: 'POST', body, timeoutMs })
        .catch((error: unknown) => {
          throw new Error(`failed to call webhook: Post "${url.href}": ${explain(error, url)}`, {
            cause: error,
          });
        });
      return readAnswer(answer, request);
    },

    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
