/** The page's own addresses, for links from the console and from the script in the browser. Zone 1, and 0: pure. */
import { urlPath } from '#envelope/url-path.ts';

/** The operations for the page's own script: not part of the documented API. */
export const PAGE_API_PATH = '/page/v1';
/** Carries the session's token, which only a script of this origin can read and send. */
export const CSRF_HEADER = 'x-twofold-csrf';
/** What a form that outlived its login needs. */
export const SESSION_PATH = '/session';
export const LAUNCH_PATH = '/launch';
export const LOGGED_IN_PATH = '/login/done';

/** The login that leads back to this address. */
export function loginAddress(to: string): string {
  return `/login?to=${encodeURIComponent(to)}`;
}

/** The page of one secret, or its form. */
export function secretPath(name: string, action?: 'replace' | 'delete'): string {
  return action === undefined ? urlPath`/secret/${name}` : urlPath`/secret/${name}/${action}`;
}

export const TICKETS_PATH = '/tickets';

export function ticketPath(jti: string): string {
  return `/ticket/${jti}`;
}

/** What happened in one session. */
export function sessionPath(sid: string): string {
  return withQuery('/activity', { session: sid });
}

/** An address with a query; members that are undefined or empty are left out. */
export function withQuery(path: string, members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter((member): member is [string, string] => Boolean(member[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
