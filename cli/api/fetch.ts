/** The `fetch` given to the command line's libraries: private roots, and a Failure where there is no answer. Zone 0. */
import { rootCertificates } from 'node:tls';
import {
  createHttpsClient,
  fetchOver,
  HttpsError,
  type Fetch,
  type HttpsClient,
} from '#platform/https-client.ts';
import { failure, type Failure } from '../failure.ts';

const LIMITS = { timeoutMs: 30_000, maxResponseBytes: 16 * 1024 * 1024 };

/** OpenSSL's and Node's names for a certificate that is not trusted. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|ERR_TLS|ERR_SSL/;

/** What a person can do about a server that did not answer. */
function failureOf(error: HttpsError, host: string): Failure {
  // Node's errors carry a code.
  const cause = (error.cause as { code?: unknown } | undefined)?.code;
  if (typeof cause === 'string' && UNTRUSTED.test(cause)) {
    return failure(
      'not_trusted',
      `The certificate of ${host} is not trusted (${cause}).`,
      'Ask your operator for its root certificate, and name the file with --ca FILE or TWOFOLD_CA_FILE. Do not go on without it.',
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

/** As in platform/, for https only. Throws a Failure where there is no answer. */
export function createFetch(client: Pick<HttpsClient, 'call'>): Fetch {
  const fetch = fetchOver(client, LIMITS);
  return async (input, init) => {
    const { protocol, origin, host } = new URL(input instanceof Request ? input.url : input);
    if (protocol !== 'https:') throw failure('usage', `${origin} is not https.`, 'Use an https address.');
    try {
      return await fetch(input, init);
    } catch (error) {
      throw error instanceof HttpsError ? failureOf(error, host) : error;
    }
  };
}

export interface Connections {
  /** Trusts only the configured roots, if any: for the console. */
  readonly toConsole: Fetch;
  /** Trusts them along with the public roots: many private consoles have a public identity provider. */
  readonly toProvider: Fetch;
  close(): void;
}

export function createConnections(ca: string | undefined): Connections {
  const clients: HttpsClient[] = [];
  /** Created on first use: loading the public roots takes a while. */
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
