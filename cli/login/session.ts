/** The access token of every request: from a file, or from the stored login, refreshed when about to expire. Zone 0. */
import { readFile } from 'node:fs/promises';
import type { Fetch } from '#platform/https-client.ts';
import { codeOf, failure } from '../failure.ts';
import type { Login, Logins } from './logins.ts';

/** A token that expires sooner is refreshed first. */
const MARGIN_MS = 60_000;

interface SessionPorts {
  readonly logins: Logins;
  readonly fetch: Fetch;
  readonly now: () => number;
}

async function fromFile(path: string): Promise<string> {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (error) {
    throw failure(
      'file_unusable',
      `The token file ${path} cannot be read.`,
      'Check --token-file or TWOFOLD_TOKEN_FILE.',
      error,
    );
  }
  throw failure(
    'file_unusable',
    `${path} does not contain a single access token.`,
    'It must contain the token and nothing else.',
  );
}

function isFresh({ expiresAt }: Login, now: number, margin = MARGIN_MS): boolean {
  return expiresAt === undefined || expiresAt > now + margin;
}

async function refresh(login: Login, fetch: Fetch): Promise<Login> {
  const { discover, loginOf, asking } = await import('./provider.ts');
  const { refreshTokenGrant } = await import('openid-client');
  const provider = await discover(fetch, login);
  return await asking(async () =>
    loginOf(login, await refreshTokenGrant(provider, login.refreshToken ?? ''), login),
  );
}

/** Undefined where the provider issues no new token. */
function renew({ logins, fetch, now }: SessionPorts, console: string): Promise<string | undefined> {
  return logins.exclusively(async () => {
    // Another command may have refreshed it in the meantime.
    const login = await logins.find(console);
    if (!login || isFresh(login, now())) return login?.accessToken;
    if (login.refreshToken === undefined) return undefined;
    try {
      const renewed = await refresh(login, fetch);
      await logins.keep(console, renewed);
      return renewed.accessToken;
    } catch (error) {
      if (isFresh(login, now(), 0)) return login.accessToken;
      if (codeOf(error) === 'login_failed') return undefined;
      throw error;
    }
  });
}

/** Undefined where nobody has logged in. Throws a Failure for a login that has expired. */
export async function accessToken(
  ports: SessionPorts,
  { console, tokenFile }: { readonly console: string; readonly tokenFile: string | undefined },
): Promise<string | undefined> {
  if (tokenFile !== undefined) return await fromFile(tokenFile);
  const login = await ports.logins.find(console);
  if (!login || isFresh(login, ports.now())) return login?.accessToken;
  const token = await renew(ports, console);
  if (token !== undefined) return token;
  throw failure('login_expired', `Your login at ${console} has expired.`, 'twofold login');
}
