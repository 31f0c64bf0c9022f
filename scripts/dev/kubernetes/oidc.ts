/** Bearers of an OpenID Connect issuer, as an API server with `--oidc-issuer-url` takes them. Development tool, no zone. */
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { createJsonClient } from '../https-json.ts';
import { isJsonObject, stringAt } from './objects.ts';
import type { UserInfo } from './tokens.ts';

export interface OidcConfig {
  readonly issuer: string;
  /** PEM roots of the issuer's certificate. */
  readonly ca: string;
  readonly audience: string;
}

interface People {
  /** By their address; undefined when the token does not hold. Rejects when the issuer cannot be reached. */
  authenticate(token: string): Promise<UserInfo | undefined>;
  close(): void;
}

export function createPeople({ issuer, ca, audience }: OidcConfig): People {
  const client = createJsonClient({ ca });
  let keys: JWTVerifyGetKey | undefined;
  /** Node's fetch takes no private root. */
  const privateFetch = async (url: string): Promise<Response> => {
    const answer = await client.call({ url });
    return Response.json(answer.body, { status: answer.status });
  };
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const url = `${issuer}/.well-known/openid-configuration`;
    const { body } = await client.call({ url });
    const uri = isJsonObject(body) ? stringAt(body, 'jwks_uri') : undefined;
    if (uri === undefined) throw new Error(`no jwks_uri at ${url}`);
    return createRemoteJWKSet(new URL(uri), { [customFetch]: privateFetch });
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
