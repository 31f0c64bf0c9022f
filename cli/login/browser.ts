/**
 * Login in this machine's browser: authorization code with PKCE, redirected to a port on the loopback address that
 * listens until the response comes (RFC 8252 §7.3). Zone 0.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import type { Env } from '../settings.ts';
import { asking, loginOf, type Client } from './provider.ts';
import type { Login } from './logins.ts';

const PATH = '/callback';

function page(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'content-security-policy': "default-src 'none'",
  });
  response.end(
    `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`,
  );
}

interface Loopback {
  readonly redirectUri: string;
  /** The address that the provider sent the browser to; any other request is answered with 404. */
  readonly answer: Promise<URL>;
  close(): void;
}

/** Where to listen, and how a URL names it (RFC 8252 §7.3): by IPv6 only where there is no other. */
const LOOPBACK_ADDRESSES = { '127.0.0.1': '127.0.0.1', '::1': '[::1]' } as const;

/** The address that leads there. Rejects where neither of them is to be had. */
export async function listenOnLoopback(server: Server): Promise<string> {
  let failure: unknown;
  for (const [address, host] of Object.entries(LOOPBACK_ADDRESSES)) {
    try {
      server.listen(0, address);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo; // it listens on TCP
      return `http://${host}:${port}${PATH}`;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function listen(state: string): Promise<Loopback> {
  const server = createServer();
  const redirectUri = await listenOnLoopback(server);
  const answer = new Promise<URL>((resolve) => {
    server.on('request', (request, response) => {
      // A request without our state does not belong to this login and must not end it; nor must one without a valid URL.
      const url = URL.parse(request.url ?? '/', redirectUri);
      if (url?.pathname !== PATH || url.searchParams.get('state') !== state) {
        page(response, 404, 'Not here', 'This address serves one login only.');
        return;
      }
      const failed = url.searchParams.has('error');
      page(
        response,
        200,
        failed ? 'Not logged in' : 'Logged in',
        'Go back to your terminal; you can close this page.',
      );
      resolve(url);
    });
  });
  return {
    redirectUri,
    answer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `$BROWSER`, or the platform's way of opening an address. The person sees whether it works. */
function openBrowser(url: string, env: Env): void {
  const byPlatform = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(env['BROWSER'] ?? byPlatform, [url], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
}

export interface BrowserLogin {
  readonly scope: string;
  readonly env: Env;
  readonly show: (lines: readonly string[]) => void;
}

export async function loginByBrowser(
  provider: oidc.Configuration,
  client: Client,
  { scope, env, show }: BrowserLogin,
): Promise<Login> {
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  const loopback = await listen(state);
  try {
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: loopback.redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      // OpenID Connect Core §11: without it a provider must leave offline_access out.
      ...(scope.split(' ').includes('offline_access') ? { prompt: 'consent' } : {}),
    });
    show(['Your browser opens; if it does not, open', url.href, 'Waiting for it (Ctrl-C cancels) …']);
    openBrowser(url.href, env);
    const answer = await loopback.answer;
    return await asking(async () => {
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
      return loginOf(client, await oidc.authorizationCodeGrant(provider, answer, checks));
    });
  } finally {
    loopback.close();
  }
}
