/**
 * Accepts the bearers of an OpenID Connect issuer, as an API server with `--oidc-issuer-url` does.
 * Development tool, no zone.
 */

import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

import { createJsonClient } from '../../https-json.ts';
import { isJsonObject, stringAt, stringsAt } from '../objects/object.ts';
import { developers } from './built-in-roles.ts';
import type { UserInfo } from './identity.ts';

export type OidcConfig = {
  issuer: string;
  /** PEM roots of the issuer's certificate. */
  ca: string;
  audience: string;
  /** Which claim is the username: `sub` unless given. */
  usernameClaim?: 'sub' | 'email';
};

export type OidcAuthenticator = {
  /** The user, or undefined when the token does not hold. Rejects when the issuer cannot be reached. */
  authenticate(token: string): Promise<UserInfo | undefined>;
  close(): void;
};

export function createOidcAuthenticator(config: OidcConfig): OidcAuthenticator {
  const client = createJsonClient({ ca: config.ca });
  let keys: JWTVerifyGetKey | undefined;

  /** Node's fetch takes no private root. */
  async function privateFetch(url: string): Promise<Response> {
    const answer = await client.call({ url });
    return Response.json(answer.body, { status: answer.status });
  }

  async function discover(): Promise<JWTVerifyGetKey> {
    const url = `${config.issuer}/.well-known/openid-configuration`;
    const { body } = await client.call({ url });
    const uri = isJsonObject(body) ? stringAt(body, 'jwks_uri') : undefined;
    if (uri === undefined) throw new Error(`no jwks_uri at ${url}`);
    return createRemoteJWKSet(new URL(uri), { [customFetch]: privateFetch });
  }

  return {
    close: () => client.close(),

    async authenticate(token) {
      keys ??= await discover();
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: config.issuer,
          audience: config.audience,
        });
        const username = stringAt(payload, config.usernameClaim ?? 'sub');
        if (username === undefined) return undefined;
        if (config.usernameClaim === 'email' && payload['email_verified'] === false) return undefined;
        return { username, groups: [...stringsAt(payload, 'groups'), developers, 'system:authenticated'] };
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
