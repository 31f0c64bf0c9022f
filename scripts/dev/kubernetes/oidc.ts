/** Bearers of an OpenID Connect issuer, as an API server with `--oidc-issuer-url` accepts them. Development tool, no zone. */
import { createHttpsClient, fetchOver } from '#platform/https-client.ts';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import * as openid from 'openid-client';
import { stringAt } from './objects.ts';
import type { UserInfo } from './tokens.ts';

export interface OidcConfig {
  readonly issuer: string;
  /** PEM roots of the issuer's certificate. */
  readonly ca: string;
  readonly audience: string;
}

interface People {
  /** By their address; undefined when the token is not valid. Rejects when the issuer cannot be reached. */
  authenticate(token: string): Promise<UserInfo | undefined>;
  close(): void;
}

export function createPeople({ issuer, ca, audience }: OidcConfig): People {
  const client = createHttpsClient({ ca });
  const fetch = fetchOver(client, { timeoutMs: 10_000, maxResponseBytes: 1024 * 1024 });
  let keys: JWTVerifyGetKey | undefined;
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const options = { [openid.customFetch]: fetch };
    const found = await openid.discovery(new URL(issuer), audience, undefined, undefined, options);
    const { jwks_uri: uri } = found.serverMetadata();
    if (uri === undefined) throw new Error(`${issuer} names no jwks_uri`);
    return createRemoteJWKSet(new URL(uri), { [customFetch]: fetch });
  };
  return {
    authenticate: async (token) => {
      keys ??= await discover();
      try {
        const { payload } = await jwtVerify(token, keys, { issuer, audience });
        const username = stringAt(payload, 'email');
        if (username === undefined || payload['email_verified'] === false) return undefined;
        return { username, groups: ['system:authenticated'] };
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
    close: () => client.close(),
  };
}
