/**
 * How the development identity provider is set up: accounts, clients, and access tokens as JWTs for the console.
 * Development tool, no zone.
 */

import { randomBytes } from 'node:crypto';

import type { JWK } from 'jose';
import type { ClientMetadata, Configuration, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';

import { codePage, confirmPage, donePage, errorPage, loggedOutPage, logoutPage } from './pages.ts';

/** The resource that access tokens are for where a client requests none. */
export const consoleResource = 'urn:twofold:console';
export const consoleScope = 'secrets';
export const commandLineClient = 'twofold-cli';
export const signingAlgorithm = 'RS256';

const daySeconds = 24 * 3600;
const hourSeconds = 3600;
const codeSeconds = 600;

export interface WebClient {
  id: string;
  secret: string;
  redirectUris: string[];
}

/** The claims about an account. Any name is an account; a name with an @ is its own e-mail address. */
function claimsOf(name: string): { preferred_username: string; email: string; email_verified: true } {
  return {
    preferred_username: name,
    email: name.includes('@') ? name : `${name}@example.org`,
    email_verified: true,
  };
}

function clients(web: WebClient | undefined, others: readonly ClientMetadata[]): ClientMetadata[] {
  const commandLine: ClientMetadata = {
    client_id: commandLineClient,
    client_name: 'Twofold command line',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    // A loopback address: any port is accepted.
    redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  };
  if (web === undefined) return [commandLine, ...others];
  return [
    commandLine,
    ...others,
    {
      client_id: web.id,
      client_secret: web.secret,
      client_name: 'Twofold console',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: web.redirectUris,
      // Each with a callback also has a page to return to after logout.
      post_logout_redirect_uris: web.redirectUris.map((uri) => new URL('/logout/done', uri).href),
    },
  ];
}

/** The console's client at the provider. */
export function consoleServer(audience: string): ResourceServer {
  return {
    scope: consoleScope,
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: daySeconds,
    jwt: { sign: { alg: signingAlgorithm } },
  };
}

function html(ctx: KoaContextWithOIDC, body: string): undefined {
  ctx.type = 'html';
  ctx.body = body;
  return undefined;
}

export function configure(options: {
  audience: string;
  keys: JWK[];
  web: WebClient | undefined;
  /** Other applications that people log in to. */
  others?: readonly ClientMetadata[];
}): Configuration {
  return {
    clients: clients(options.web, options.others ?? []),
    jwks: { keys: options.keys },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientDefaults: { id_token_signed_response_alg: signingAlgorithm },
    scopes: ['openid', 'offline_access', consoleScope],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    extraTokenClaims: (_ctx, token) =>
      'accountId' in token && typeof token.accountId === 'string' ? claimsOf(token.accountId) : undefined,
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: (ctx, form, _out, error) => html(ctx, codePage(form, error !== undefined)),
        userCodeConfirmSource: (ctx, form, _client, _device, code) => html(ctx, confirmPage(form, code)),
        successSource: (ctx) => html(ctx, donePage()),
      },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => consoleResource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => consoleServer(options.audience),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => html(ctx, logoutPage(form)),
        postLogoutSuccessSource: (ctx) => html(ctx, loggedOutPage()),
      },
    },
    renderError: (ctx, out) => html(ctx, errorPage(out.error, out.error_description ?? '')),
    ttl: {
      AccessToken: daySeconds,
      AuthorizationCode: codeSeconds,
      DeviceCode: codeSeconds,
      Grant: daySeconds,
      IdToken: hourSeconds,
      Interaction: hourSeconds,
      RefreshToken: daySeconds,
      Session: daySeconds,
    },
  };
}
