/** The access token of every request: from a file, or from the stored login, refreshed when about to expire. Zone 0. */
import { readFile } from 'node:fs/promises';
import type { Fetch } from '#platform/https-client.ts';
import { isJsonObject, parseJson } from '#envelope/json.ts';
import { shown } from '#platform/shown.ts';
import { codeOf, failure, type Failure } from '../failure.ts';
import type { Login, Logins } from './logins.ts';

/** A token that expires sooner is refreshed first. */
const MARGIN_MS = 60_000;

interface SessionPorts {
  readonly logins: Logins;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly note: (line: string) => void;
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

/** When a JWT ends; undefined for any other token. Not verified: only for a message. */
function endOf(token: string): number | undefined {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const seconds = isJsonObject(claims) ? claims['exp'] : undefined;
  return typeof seconds === 'number' && seconds < 1e11 ? seconds * 1000 : undefined;
}

/** The Failure for a token from a file that the console does not accept. */
export function rejectedToken(path: string, now: () => number) {
  return (token: string, why: string | undefined): Failure => {
    const end = endOf(token);
    const message =
      end !== undefined && end <= now()
        ? `The access token in ${path} expired at ${new Date(end).toISOString()}.`
        : `The console does not accept the access token in ${path}${why === undefined ? '.' : `: ${shown(why)}`}`;
    const next = 'Have a new one written there. While a token file is set, a login is not used.';
    return failure('token_rejected', message, next);
  };
}

export function isFresh({ expiresAt }: Login, now: number, margin = MARGIN_MS): boolean {
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
function renew({ logins, fetch, now, note }: SessionPorts, console: string): Promise<string | undefined> {
  return logins.exclusively(async () => {
    // Another command may have refreshed it in the meantime.
    const login = await logins.find(console);
    if (!login || isFresh(login, now())) return login?.accessToken;
    if (login.refreshToken === undefined) return undefined;
    try {
      // Many providers take a refresh token once, so what comes of it must have a place.
      await logins.keep(console, login);
      const renewed = await refresh(login, fetch);
      await logins.keep(console, renewed).catch((error: unknown) => {
        note(
          `Your login has been renewed, but cannot be kept: ${error instanceof Error ? error.message : ''}`,
        );
      });
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
  const token = await renew(ports, console).catch((error: unknown) => {
    if (isFresh(login, ports.now(), 0)) return login.accessToken;
    throw error;
  });
  if (token !== undefined) return token;
  throw failure('login_expired', `Your login at ${console} has expired.`, 'twofold login');
}
