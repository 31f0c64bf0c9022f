/**
 * The Kubernetes API in five verbs. No zone. The admission path makes two calls a session: a generated client costs
 * three times the processor time and 16 MiB more (docs/adr/0004).
 */
import { readFileSync } from 'node:fs';
import { isJsonObject, parseJson } from '#envelope/json.ts';
import { HttpsError, type HttpsAnswer } from './https-client.ts';
import type { Log } from './log.ts';
import { createRootedClient } from './rooted-client.ts';
import { httpsUrl, path, type Setting } from './settings.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export const kubernetesSettings = {
  kubernetesUrl: httpsUrl('TWOFOLD_KUBERNETES_URL', {
    doc: 'API server.',
    fallback: 'https://kubernetes.default.svc',
  }),
  kubernetesTokenFile: path('TWOFOLD_KUBERNETES_TOKEN_FILE', {
    doc: 'Service-account token, read again every minute.',
    fallback: `${ACCOUNT}/token`,
  }),
  kubernetesCaFile: path('TWOFOLD_KUBERNETES_CA_FILE', {
    doc: 'Roots of the API server. Read again when the file changes.',
    fallback: `${ACCOUNT}/ca.crt`,
  }),
} as const satisfies Record<string, Setting<string>>;

/** Why the API server refused: the members of `metav1.Status` that callers act on. */
export interface KubernetesRefusal {
  readonly ok: false;
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  /** `AlreadyExists`, `Forbidden`, `NotFound`, …; `Unreachable` without an answer, `TooLarge` where it is too long. */
  readonly reason: string;
  readonly message: string;
}

export type KubernetesAnswer<T> = { readonly ok: true; readonly object: T } | KubernetesRefusal;

/** One page of a collection: kubernetes-list.ts asks for all of them. */
export interface PageQuery {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit: number;
  readonly continue?: string | undefined;
  /** Objects without spec, status and data (`PartialObjectMetadata`). */
  readonly metadataOnly?: boolean | undefined;
  readonly maxBytes: number;
}

export interface Page<T> {
  readonly metadata?: { readonly continue?: string };
  /** Null for an empty list of metadata, which Go writes that way. */
  readonly items: readonly T[] | null;
}

export interface KubernetesApi {
  /** The type is the caller's claim: the API server validates what it stores. `timeoutMs` where somebody waits. */
  get<T>(path: string, timeoutMs?: number): Promise<KubernetesAnswer<T>>;
  page<T>(collection: string, page: PageQuery): Promise<KubernetesAnswer<Page<T>>>;
  create<T>(path: string, object: object, timeoutMs?: number): Promise<KubernetesAnswer<T>>;
  /** Fails with 409 when `object`'s resourceVersion is not the stored one. */
  update<T>(path: string, object: object): Promise<KubernetesAnswer<T>>;
  /** RFC 7386 merge patch. */
  patch<T>(path: string, patch: object): Promise<KubernetesAnswer<T>>;
  delete(path: string, preconditions?: { uid: string }): Promise<KubernetesAnswer<unknown>>;
  close(): void;
}

interface KubernetesOptions {
  readonly kubernetesUrl: string;
  readonly kubernetesTokenFile: string;
  readonly kubernetesCaFile: string;
}

const TIMEOUT_MS = 5_000;
const TOKEN_FOR_MS = 60_000;
/** A stored object is at most 1.5 MiB, and six times that where JSON escapes every byte. */
export const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const METADATA_TYPE = `${JSON_TYPE};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;

function tokenFrom(file: string): () => string {
  let token = '';
  let readAt = -Infinity;
  return () => {
    if (performance.now() - readAt > TOKEN_FOR_MS) {
      token = readFileSync(file, 'utf8').trim();
      readAt = performance.now();
    }
    return token;
  };
}

function malformed(status: number): KubernetesRefusal {
  const message = 'the API server’s answer is not a JSON object';
  return { ok: false, status, reason: 'Malformed', message };
}

/** `metav1.Status` of a refusal, or of an answer that is not JSON. */
function parseRefusal({ status, body }: HttpsAnswer): KubernetesRefusal {
  const refusal = parseJson(body.toString('utf8'));
  if (!isJsonObject(refusal)) return malformed(status);
  const { reason, message } = refusal;
  return {
    ok: false,
    status,
    reason: typeof reason === 'string' ? reason : 'Unknown',
    message: typeof message === 'string' ? message : `status ${status}`,
  };
}

/** A proxy in front of the API server may answer anything with 200. */
function parseAnswer<T>(answer: HttpsAnswer): KubernetesAnswer<T> {
  const { status, body } = answer;
  if (status < 200 || status >= 300) return parseRefusal(answer);
  const object = parseJson(body.toString('utf8'));
  // The type is the caller's claim.
  return isJsonObject(object) ? { ok: true, object: object as T } : malformed(status);
}

function noAnswer(error: unknown): KubernetesRefusal {
  const reason = error instanceof HttpsError && error.code === 'too_large' ? 'TooLarge' : 'Unreachable';
  return { ok: false, status: 0, reason, message: error instanceof Error ? error.message : 'no answer' };
}

function queryOf({ labelSelector, fieldSelector, limit, continue: token }: PageQuery): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
  if (token !== undefined) query.set('continue', token);
  return query.toString();
}

interface CallOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly timeoutMs?: number | undefined;
  readonly maxResponseBytes?: number;
}

interface KubernetesPorts {
  readonly log: Log;
  /** How often the file of roots is checked. */
  readonly everyMs?: number;
}

/** Expected refusals and an unreachable API server are values; only a broken token file throws. */
export function createKubernetesApi(
  options: KubernetesOptions,
  { log, everyMs }: KubernetesPorts,
): KubernetesApi {
  const client = createRootedClient({ file: options.kubernetesCaFile, log, everyMs });
  const token = tokenFrom(options.kubernetesTokenFile);
  const call = async <T>(
    method: string,
    target: string,
    body?: object,
    {
      contentType = JSON_TYPE,
      accept = JSON_TYPE,
      timeoutMs = TIMEOUT_MS,
      maxResponseBytes = MAX_OBJECT_BYTES,
    }: CallOptions = {},
  ): Promise<KubernetesAnswer<T>> => {
    const headers = {
      authorization: `Bearer ${token()}`,
      accept,
      ...(body ? { 'content-type': contentType } : {}),
    };
    try {
      const answer = await client.call({
        method,
        url: options.kubernetesUrl + target,
        headers,
        body: body && JSON.stringify(body),
        timeoutMs,
        maxResponseBytes,
      });
      return parseAnswer<T>(answer);
    } catch (error) {
      return noAnswer(error);
    }
  };
  return {
    get: (target, timeoutMs) => call('GET', target, undefined, { timeoutMs }),
    page: (collection, page) =>
      call('GET', `${collection}?${queryOf(page)}`, undefined, {
        accept: page.metadataOnly ? METADATA_TYPE : JSON_TYPE,
        maxResponseBytes: page.maxBytes,
      }),
    create: (target, object, timeoutMs) => call('POST', target, object, { timeoutMs }),
    update: (target, object) => call('PUT', target, object),
    patch: (target, patch) => call('PATCH', target, patch, { contentType: 'application/merge-patch+json' }),
    delete: (target, preconditions) =>
      call('DELETE', target, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        ...(preconditions && { preconditions }),
      }),
    close: () => client.close(),
  };
}
