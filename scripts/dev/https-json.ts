/**
 * Requests with JSON both ways, to servers of the development cluster with their private roots.
 * Development tool, no zone.
 */

import { createHttpsClient, type ClientTls } from '#platform/https-client.ts';

interface JsonCall {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs?: number;
}

export interface JsonAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed, or the text where it is not JSON. */
  body: unknown;
}

export interface JsonClient {
  call(call: JsonCall): Promise<JsonAnswer>;
  close(): void;
}

const maxAnswerBytes = 32 * 1024 * 1024;
const defaultTimeoutMs = 10_000;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Any status is a response; rejects with an HttpsError when there is none. */
export function createJsonClient(tls: ClientTls): JsonClient {
  const client = createHttpsClient(tls);
  return {
    async call({ url, method = 'GET', headers = {}, body, timeoutMs = defaultTimeoutMs }) {
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await client.call({
        url,
        method,
        headers: { accept: 'application/json', ...type, ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs,
        maxResponseBytes: maxAnswerBytes,
      });
      return { status: answer.status, headers: answer.headers, body: parse(answer.body.toString()) };
    },
    close: () => client.close(),
  };
}
