/** What a launcher asks `/launch` for, in its address: never anything secret. Zone 1; docs/design.md#page. */
import { annotations } from '#envelope/annotations.ts';
import type { Parsed } from '#envelope/parsed.ts';
import { isNamespace, isSubdomain, parsePodPattern, type PodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
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

function badParameter(name: string): Outcome<never> {
  return refuse('query_malformed', text.launch.badParameter(name));
}

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

function returnAddress(value: unknown, origins: readonly string[]): URL | undefined {
  // What a parser would repair is refused instead: a launcher writes what it means.
  if (typeof value !== 'string' || !ADDRESS.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  // The origin is compared whole: no prefix, no pattern, no user in front of the host. A `blob:` URL has an origin too.
  const plain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return plain && origins.includes(url.origin) ? url : undefined;
}

/** As the annotation has them. */
function parseContainers(value: unknown): Parsed<readonly string[] | undefined> {
  if (value === undefined) return { ok: true, value };
  return annotations.containers.member.parse(typeof value === 'string' ? value.split(',') : []);
}

export function parseLaunch(query: Query, origins: readonly string[]): Outcome<LaunchRequest> {
  const { namespace, service_account: serviceAccount = 'default', pod: podText, mode = 'message' } = query;
  const returnTo = returnAddress(query['return_to'], origins);
  if (!returnTo) return refuse('return_to_not_allowed', text.launch.badOrigin);
  if (typeof namespace !== 'string' || !isNamespace(namespace)) return badParameter('namespace');
  if (typeof serviceAccount !== 'string' || !isSubdomain(serviceAccount)) {
    return badParameter('service_account');
  }
  const pod = podText === undefined ? undefined : parsePodPattern(podText);
  if (podText !== undefined && !pod) return badParameter('pod');
  const containers = parseContainers(query['containers']);
  if (!containers.ok) return badParameter('containers');
  if (mode !== 'message' && mode !== 'form') return badParameter('mode');
  return ok({ namespace, serviceAccount, pod, containers: containers.value, returnTo, mode });
}
