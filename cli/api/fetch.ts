/** `fetch` on platform's HTTPS client: private roots, a deadline, a limit on the answer. Zone 0. */
import { rootCertificates } from 'node:tls';
import { createHttpsClient, HttpsError, type HttpsClient } from '#platform/https-client.ts';
import { failure, type Failure } from '../failure.ts';

const TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const EMPTY_STATUSES: readonly number[] = [101, 204, 205, 304];

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** OpenSSL's and Node's names for a certificate that proves nothing to us. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|ERR_TLS|ERR_SSL/;

/** What a person can do about a server that did not answer. */
function failureOf(error: HttpsError, host: string): Failure {
  // Node's errors carry a code.
  const cause = (error.cause as { code?: unknown } | undefined)?.code;
  if (typeof cause === 'string' && UNTRUSTED.test(cause)) {
    return failure(
      'not_trusted',
      `The certificate of ${host} is not trusted (${cause}).`,
      'Give the file of its root with --ca FILE or TWOFOLD_CA_FILE; ask your operator for it. Do not go on without.',
      error,
    );
  }
  return failure(
    'unreachable',
    `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`,
    'Check the address and your network, and try again.',
    error,
  );
}

/** Answers to any status; redirects are not followed. Throws a Failure where there is no answer. */
export function createFetch(client: Pick<HttpsClient, 'call'>): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.protocol !== 'https:')
      throw failure('usage', `${url.origin} is not https.`, 'Use an https address.');
    try {
      const { status, headers, body } = await client.call({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: request.body === null ? undefined : Buffer.from(await request.arrayBuffer()),
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MAX_RESPONSE_BYTES,
      });
      const given = Object.entries(headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      );
      return new Response(EMPTY_STATUSES.includes(status) ? null : new Uint8Array(body), {
        status,
        headers: given,
      });
    } catch (error) {
      throw error instanceof HttpsError ? failureOf(error, url.host) : error;
    }
  };
}

export interface Connections {
  /** Trusts the configured roots alone, where there are some: the console's certificate. */
  readonly toConsole: Fetch;
  /** Trusts them beside the public ones: many private consoles have a public identity provider. */
  readonly toProvider: Fetch;
  close(): void;
}

export function createConnections(ca: string | undefined): Connections {
  const clients: HttpsClient[] = [];
  /** Made when first used: the public roots take their time. */
  const lazily = (roots: () => string | undefined): Fetch => {
    let fetch: Fetch | undefined;
    return (input, init) => {
      if (!fetch) {
        const client = createHttpsClient({ ca: roots() });
        clients.push(client);
        fetch = createFetch(client);
      }
      return fetch(input, init);
    };
  };
  return {
    toConsole: lazily(() => ca),
    toProvider: lazily(() => (ca === undefined ? undefined : [ca, ...rootCertificates].join('\n'))),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}
