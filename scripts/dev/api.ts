/**
 * The API server without a client in between, called as whomever a scenario needs: for tables of requests, and for those
 * that no client would send. With the rights of a kubeconfig, or impersonating a user.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Including the query. */
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` by default; a PATCH is a JSON Patch by default. */
  readonly contentType?: string;
  /** Impersonated; the groups count only with it. */
  readonly as?: string;
  readonly groups?: readonly string[];
  /** A user's `extra`, as the API server has it: which pod a token is bound to. */
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** The object, or the API server's Status; the caller knows which. */
  readonly body: unknown;
  /** Of a Status. */
  readonly message: string;
  /** What `kubectl` would print as warnings. */
  readonly warnings: readonly string[];
}

export interface Api {
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** The object; rejects with the API server's message unless it succeeded. The caller asserts the type. */
  must<T>(request: ApiRequest): Promise<T>;
}

const TIMEOUT_MS = 60_000;

function headersOf(asked: ApiRequest): Record<string, string[]> {
  const { method, contentType, body, as, groups = [], extra = {} } = asked;
  const json = method === 'PATCH' ? 'application/json-patch+json' : 'application/json';
  return {
    accept: ['application/json'],
    ...(body === undefined ? {} : { 'content-type': [contentType ?? json] }),
    ...(as === undefined ? {} : { 'impersonate-user': [as], 'impersonate-group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key)}`,
        [...values],
      ]),
    ),
  };
}

function messageOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : '';
}

/** The texts of `299 - "text", 299 - "another"`. */
function warningsIn(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    quoted.replaceAll(/\\(.)/g, '$1'),
  );
}

export function createApi(config: KubeConfig): Api {
  const server = config.getCurrentCluster()?.server ?? '';
  let common: Promise<RequestOptions> | undefined;
  const credentials = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };

  const call = async (asked: ApiRequest): Promise<ApiAnswer> => {
    const options = await (common ??= credentials());
    // As the client library sets them.
    const headers = { ...(options.headers as OutgoingHttpHeaders | undefined), ...headersOf(asked) };
    const answer = await new Promise<Omit<ApiAnswer, 'message'>>((resolve, reject) => {
      const request = httpsRequest(server + asked.path, {
        ...options,
        method: asked.method,
        headers,
        timeout: TIMEOUT_MS,
      });
      request.once('error', reject);
      request.once('timeout', () => request.destroy(new Error(`no response: ${asked.method} ${asked.path}`)));
      request.once('response', (message) => {
        const warnings = warningsIn(message.headers.warning ?? '');
        text(message).then((body) => {
          const parsed: unknown = message.headers['content-type']?.includes('json') ? JSON.parse(body) : body;
          resolve({ status: message.statusCode ?? 0, body: parsed, warnings });
        }, reject);
      });
      request.end(asked.body === undefined ? undefined : JSON.stringify(asked.body));
    });
    return { ...answer, message: messageOf(answer.body) };
  };

  return {
    call,
    must: async <T>(asked: ApiRequest): Promise<T> => {
      const { status, body, message } = await call(asked);
      if (status >= 300) throw new Error(`${asked.method} ${asked.path}: ${status} ${message}`);
      return body as T;
    },
  };
}
