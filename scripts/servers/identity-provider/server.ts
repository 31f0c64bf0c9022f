/**
 * The development identity provider: OpenID Connect over HTTPS, any name is an account, bearers without a browser.
 * Development tool, no zone; what the console expects of one is in docs/design.md#api.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import type Provider from 'oidc-provider';
import type { ClientMetadata, Configuration } from 'oidc-provider';

import {
  commandLineClient,
  configure,
  consoleResource,
  consoleServer,
  consoleScope,
  signingAlgorithm,
  type WebClient,
} from './configuration.ts';
import { answerInteraction } from './interaction.ts';

interface IdentityProviderConfig {
  host: string;
  port: number;
  /** PEM: the server's leaf. */
  tls: { cert: string; key: string };
  /** `aud` of the access tokens: the console's own. */
  audience: string;
  /** For browser logins at the console. */
  web?: WebClient;
  /** Other applications that people log in to. */
  others?: readonly ClientMetadata[];
  /** PEM: RSA keys, so that tokens outlive a restart; the first signs, the others are still published. A new one where absent. */
  signingKeys?: readonly string[];
}

export interface IdentityProvider {
  issuer: string;
  /** An access token as from a login: 24 h, `typ: at+jwt`. */
  bearer(username: string): Promise<string>;
  /** Signs any claims with the issuer's key, to test what must be refused. */
  forge(claims: JWTPayload, header?: { typ?: string }): Promise<string>;
  close(): Promise<void>;
}

/** Its thumbprint as its id, so that a rotated key has a different one. */
async function toJwk(key: KeyObject): Promise<JWK & { kid: string }> {
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)));
  return { ...(await exportJWK(key)), kid, alg: signingAlgorithm, use: 'sig' };
}

/** The library prints its advice for production when it is loaded and set up; here that is only noise. */
async function createProvider(issuer: string, configuration: Configuration): Promise<Provider> {
  const { info, warn } = console;
  console.info = console.warn = () => undefined;
  try {
    const library = await import('oidc-provider');
    return new library.Provider(issuer, configuration);
  } finally {
    Object.assign(console, { info, warn });
  }
}

async function mintBearer(provider: Provider, audience: string, username: string): Promise<string> {
  const client = await provider.Client.find(commandLineClient);
  if (client === undefined) throw new Error(`no client ${commandLineClient}`);
  const grant = new provider.Grant({ accountId: username, clientId: client.clientId });
  grant.addResourceScope(consoleResource, consoleScope);
  const token = new provider.AccessToken({
    accountId: username,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope: consoleScope,
    resourceServer: new provider.ResourceServer(consoleResource, consoleServer(audience)),
  });
  return token.save();
}

async function forge(
  key: KeyObject,
  claims: JWTPayload,
  { typ = 'at+jwt' }: { typ?: string },
): Promise<string> {
  const { kid } = await toJwk(key);
  return new SignJWT(claims).setProtectedHeader({ alg: signingAlgorithm, kid, typ }).sign(key);
}

export function newSigningKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** Resolves once it listens. */
export async function startIdentityProvider(config: IdentityProviderConfig): Promise<IdentityProvider> {
  const given = (config.signingKeys ?? []).map((pem) => createPrivateKey(pem));
  const [privateKey = newSigningKey(), ...published] = given;
  const keys = await Promise.all([privateKey, ...published].map(toJwk));
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = (_, response) =>
    response.end();

  const server = createServer(config.tls, (request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens has an address and a port
  const host = isIPv6(config.host) ? `[${config.host}]` : config.host;
  const issuer = `https://${host}:${port}`;
  const provider = await createProvider(
    issuer,
    configure({ audience: config.audience, keys, web: config.web, others: config.others ?? [] }),
  );
  const callback = provider.callback();

  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await answerInteraction(provider, request, response);
    } catch {
      // Too late, or from another browser: the client has to start again.
      response.statusCode = 400;
      response.end('This sign-in has ended: start again from the application.');
    }
  };

  answer = (request, response) =>
    request.url?.startsWith('/interaction/') === true
      ? interact(request, response)
      : callback(request, response);

  return {
    issuer,
    bearer: (username) => mintBearer(provider, config.audience, username),
    forge: (claims, header = {}) => forge(privateKey, claims, header),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
