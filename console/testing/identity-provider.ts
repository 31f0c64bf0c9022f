/** A real OpenID Connect issuer over HTTPS for the tests: discovery, keys that rotate, and tokens of any shape. */
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { listenOn } from '#platform/listen.ts';
import type { TlsMaterial } from '#platform/tls-files.ts';

export interface TokenOptions {
  readonly alg?: string;
  /** Undefined leaves it out; without this option it is an access token's. */
  readonly typ?: string | undefined;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expiresInSeconds?: number;
  readonly notBeforeInSeconds?: number;
  /** How far the issuer's clock is ahead of the console's. */
  readonly clockSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the issuer does not publish. */
  readonly unpublished?: boolean;
  /** Signs with the key that the last rotation replaced. */
  readonly replaced?: boolean;
}

export interface TestIdentityProvider {
  readonly issuer: string;
  /** An access token; `sub` undefined leaves the claim out. */
  token(sub: string | undefined, options?: TokenOptions): Promise<string>;
  /** Replaces every key; the new one is for ES256. */
  rotate(): Promise<void>;
  /** While true, every request is answered with 500. */
  down: boolean;
  /** The path that is not answered properly, and how: never, or byte by byte without end. */
  slow: { readonly path: string; readonly how: 'silent' | 'trickling' } | undefined;
  /** The token endpoint's answer to any code. */
  idToken: string;
  /** What discovery says in place of `issuer`. */
  claimedIssuer: string | undefined;
  close(): Promise<void>;
}

export const AUDIENCE = 'twofold';
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'PS256', 'ES384'];

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: object;
}

let keyCount = 0;

async function newKey(alg: string): Promise<[string, Key]> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  keyCount += 1;
  const kid = `${alg}-${keyCount}`;
  return [alg, { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }];
}

async function newKeys(algorithms: readonly string[]): Promise<ReadonlyMap<string, Key>> {
  return new Map(await Promise.all(algorithms.map(newKey)));
}

/** Made once: RSA keys take a while. */
let first: ReturnType<typeof newKeys> | undefined;

/** A JSON document that goes on as long as it is read. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"issuer": "');
  const timer = setInterval(() => response.write('x'), 100);
  response.once('close', () => clearInterval(timer));
}

export async function startIdentityProvider(tls: TlsMaterial): Promise<TestIdentityProvider> {
  let keys = await (first ??= newKeys(ALGORITHMS));
  const foreign = await newKeys(['ES256']);
  let before = foreign;
  const state = {
    down: false,
    slow: undefined as TestIdentityProvider['slow'],
    issuer: '',
    idToken: '',
    claimedIssuer: undefined as string | undefined,
  }; // set later
  const answers = (url: string | undefined): object | undefined => {
    if (url?.endsWith('/.well-known/openid-configuration'))
      return {
        issuer: state.claimedIssuer ?? state.issuer,
        jwks_uri: `${state.issuer}/keys`,
        authorization_endpoint: `${state.issuer}/authorize`,
        token_endpoint: `${state.issuer}/token`,
        id_token_signing_alg_values_supported: ['ES256'],
      };
    if (url === '/token') return { access_token: 'a', token_type: 'Bearer', id_token: state.idToken };
    return url === '/keys' ? { keys: [...keys.values()].map(({ jwk }) => jwk) } : undefined;
  };
  const server = createServer(tls, (request, response) => {
    if (state.slow && request.url === state.slow.path) {
      if (state.slow.how === 'trickling') trickle(response);
      return;
    }
    const answer = state.down ? undefined : answers(request.url);
    response.writeHead(answer ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  state.issuer = `https://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
  return Object.assign(state, {
    token: async (sub: string | undefined, options: TokenOptions = {}): Promise<string> => {
      const typ = 'typ' in options ? options.typ : 'at+jwt';
      const { alg = 'ES256', expiresInSeconds = 86_400, notBeforeInSeconds = 0 } = options;
      const key = (options.unpublished ? foreign : options.replaced ? before : keys).get(alg);
      if (!key) throw new Error(`no key for ${alg}`);
      const now = Math.floor(Date.now() / 1000) + (options.clockSeconds ?? 0);
      const jwt = new SignJWT({ ...options.claims, ...(sub === undefined ? {} : { sub }) })
        .setProtectedHeader({ alg, kid: key.kid, ...(typ === undefined ? {} : { typ }) })
        .setIssuer(options.issuer ?? state.issuer)
        .setAudience(options.audience ?? AUDIENCE)
        .setIssuedAt(now)
        .setNotBefore(now + notBeforeInSeconds)
        .setExpirationTime(now + expiresInSeconds);
      return await jwt.sign(key.privateKey);
    },
    rotate: async () => {
      before = keys;
      keys = await newKeys(['ES256']);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
