/** Addresses of the page's own, for links of the console and of the script in the browser. Zone 1, and 0: pure. */
import { urlPath } from '#envelope/url-path.ts';

/** The page of one secret, or its form. */
export function secretPath(name: string, action?: 'replace' | 'delete'): string {
  return action === undefined ? urlPath`/secret/${name}` : urlPath`/secret/${name}/${action}`;
}

/** An address with a query; members that are undefined or empty are left out. */
export function withQuery(path: string, members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter((member): member is [string, string] => Boolean(member[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
