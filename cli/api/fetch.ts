/**
 * The `fetch` given to the command line's libraries: private roots, the environment's proxy, and a Failure where there
 * is no answer. Zone 0.
 */
import { rootCertificates } from 'node:tls';
import {
  createHttpsClient,
  fetchOver,
  HttpsError,
  type Fetch,
  type HttpsClient,
} from '#platform/https-client.ts';
import { failure, type Failure } from '../failure.ts';
import { nodeKnowsProxies, type Proxy } from '../proxy.ts';

const LIMITS = { timeoutMs: 30_000, maxResponseBytes: 16 * 1024 * 1024 };

/** OpenSSL's and Node's names for a certificate that is not trusted. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|ERR_TLS|ERR_SSL/;

/** Node's code for a proxy that answered, but opened no tunnel; the status is its answer's. */
const NO_TUNNEL = 'ERR_PROXY_TUNNEL';

interface Cause {
  readonly code?: unknown;
  readonly statusCode?: unknown;
}

function refusedByProxy({ statusCode }: Cause, { host, variable }: Proxy, error: HttpsError): Failure {
  const status = typeof statusCode === 'number' ? ` (${statusCode})` : '';
  return failure(
    'unreachable',
    `The proxy ${host}, which ${variable} names, did not connect${status}.`,
    statusCode === 407
      ? `Put your name and password for it into ${variable}: http://NAME:PASSWORD@${host}`
      : 'If the console needs no proxy, name its host in NO_PROXY.',
    error,
  );
}

interface Proxying {
  readonly proxy: Proxy | undefined;
  /** Whether this Node does. */
  readonly knowsProxies: () => boolean;
}

/** What a person can do about a proxy, where one is set; undefined: it has no part in this. */
function adviceOn({ proxy, knowsProxies }: Proxying): string | undefined {
  if (!proxy) return undefined;
  return knowsProxies()
    ? `${proxy.variable} names the proxy ${proxy.host}: check that, or name the host in NO_PROXY.`
    : `This Node.js does not use ${proxy.variable}: that needs 22.21, 24.5 or newer.`;
}

/** What a person can do about a server that did not answer. */
function failureOf(error: HttpsError, host: string, proxying: Proxying): Failure {
  const { proxy } = proxying;
  const cause = (error.cause ?? {}) as Cause; // Node's errors carry a code
  if (typeof cause.code === 'string' && UNTRUSTED.test(cause.code)) {
    return failure(
      'not_trusted',
      `The certificate of ${host} is not trusted (${cause.code}).`,
      'Ask your operator for its root certificate, and name the file with --ca FILE or TWOFOLD_CA_FILE. Do not go on without it.',
      error,
    );
  }
  if (proxy && cause.code === NO_TUNNEL) return refusedByProxy(cause, proxy, error);
  return failure(
    'unreachable',
    `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`,
    adviceOn(proxying) ?? 'Check the address and your network, and try again.',
    error,
  );
}

/** As in platform/, for https only. Throws a Failure where there is no answer. */
export function createFetch(
  client: Pick<HttpsClient, 'call'>,
  proxying: Proxying = { proxy: undefined, knowsProxies: nodeKnowsProxies },
): Fetch {
  const fetch = fetchOver(client, LIMITS);
  return async (input, init) => {
    const { protocol, origin, host } = new URL(input instanceof Request ? input.url : input);
    if (protocol !== 'https:') throw failure('usage', `${origin} is not https.`, 'Use an https address.');
    try {
      return await fetch(input, init);
    } catch (error) {
      throw error instanceof HttpsError ? failureOf(error, host, proxying) : error;
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

interface Trust {
  /** The configured roots. */
  readonly ca: string | undefined;
  /** Instead of the public ones; read on first use. Undefined: those that Node has. */
  readonly publicRoots: () => string | undefined;
  readonly proxy: () => Proxy | undefined;
}

export function createConnections({ ca, publicRoots, proxy: findProxy }: Trust): Connections {
  const clients: HttpsClient[] = [];
  /** Created on first use: loading the public roots takes a while. */
  const lazily = (roots: () => string | undefined): Fetch => {
    let fetch: Fetch | undefined;
    return async (input, init) => {
      if (!fetch) {
        const proxy = findProxy();
        const client = createHttpsClient({ ca: roots() }, { proxyEnv: proxy?.env });
        clients.push(client);
        fetch = createFetch(client, { proxy, knowsProxies: nodeKnowsProxies });
      }
      return await fetch(input, init);
    };
  };
  return {
    toConsole: lazily(() => ca ?? publicRoots()),
    toProvider: lazily(() =>
      ca === undefined ? publicRoots() : [ca, publicRoots() ?? rootCertificates].flat().join('\n'),
    ),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}
