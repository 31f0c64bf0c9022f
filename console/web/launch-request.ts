/** What a launcher asks `/launch` for, in its address: never anything secret. Zone 1; docs/design.md#page. */
import { annotations } from '#envelope/annotations.ts';
import { isNamespace, isSubdomain, parsePodPattern, type PodPattern } from '#envelope/pod.ts';
import type { Refusal } from '../core/outcome.ts';
import { text } from './shared/text.ts';

export interface LaunchRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: PodPattern | undefined;
  /** Those that get the secrets, where the launcher knows them. */
  readonly containers: readonly string[] | undefined;
  /** Where the answer goes: a window of this origin gets a message, or this address a form. */
  readonly returnTo: URL;
  readonly mode: 'message' | 'form';
}

type Query = Readonly<Record<string, unknown>>;

const ORIGIN =
  /^(https:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])|http:\/\/(localhost|127\.0\.0\.1|\[::1\]))(:[1-9][0-9]{0,4})?$/;
/** `https://host[:port]` as a browser writes an origin, or a loopback address of a development machine. */
export const LAUNCHER_ORIGIN = {
  source: ORIGIN.source,
  // Any other notation of an address, or a default port, would never be equal to an origin.
  test: (text: string): boolean => ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text,
};
/** Printable ASCII without a backslash, which parsers take for a slash. */
const ADDRESS = /^https?:\/\/[!-[\]-~]+$/;

/** As the annotation has them. */
function parseContainers(value: unknown): readonly string[] | undefined {
  const parsed = annotations.containers.member.parse(typeof value === 'string' ? value.split(',') : []);
  return parsed.ok ? parsed.value : undefined;
}

function parseReturnTo(value: unknown): URL | undefined {
  // What a parser would repair is refused instead: a launcher writes what it means.
  if (typeof value !== 'string' || !ADDRESS.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  // A `blob:` URL has an origin too.
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : undefined;
}

type LaunchParse =
  | { readonly ok: true; readonly value: LaunchRequest }
  | { readonly ok: false; readonly refusal: Refusal; readonly problems: readonly string[] };

const MODES = ['message', 'form'] as const;

/** Everything that is wrong with an address is told at once. */
export function parseLaunch(query: Query, origins: readonly string[]): LaunchParse {
  const problems: string[] = [];
  type Read = <T>(
    name: keyof typeof text.launch.rules,
    parse: (value: unknown) => T | undefined,
  ) => T | undefined;
  const read: Read = (name, parse) => {
    const parsed = parse(query[name]);
    if (parsed === undefined) problems.push(text.launch.invalid(name, text.launch.rules[name]));
    return parsed;
  };
  const ifGiven: Read = (name, parse) => (query[name] === undefined ? undefined : read(name, parse));
  const demand: Read = (name, parse) => {
    if (query[name] !== undefined && query[name] !== '') return read(name, parse);
    problems.push(text.launch.missing(name));
    return undefined;
  };
  const returnTo = demand('return_to', parseReturnTo);
  // The origin is compared whole: no prefix, no pattern, no user in front of the host.
  const listed = returnTo !== undefined && origins.includes(returnTo.origin);
  if (returnTo && !listed) problems.push(text.launch.badOrigin(returnTo.origin));
  const namespace = demand('namespace', (value) => (isNamespace(value) ? value : undefined));
  const serviceAccount = ifGiven('service_account', (value) => (isSubdomain(value) ? value : undefined));
  const pod = ifGiven('pod', parsePodPattern);
  const containers = ifGiven('containers', parseContainers);
  const mode = ifGiven('mode', (value) => MODES.find((known) => known === value));
  if (problems.length > 0 || !returnTo || namespace === undefined) {
    const code = listed ? 'query_malformed' : 'return_to_not_allowed';
    return { ok: false, refusal: { code, detail: problems.join(' ') }, problems };
  }
  const value = { namespace, serviceAccount: serviceAccount ?? 'default', pod, containers, returnTo };
  return { ok: true, value: { ...value, mode: mode ?? 'message' } };
}
