/** What a launcher asks `/launch` for, in its address: never anything secret. Zone 1; design §6 step 1. */
import { isNamespace, isSubdomain, parsePodPattern, type PodPattern } from '#envelope/pod.ts';
import { text } from './text.ts';

export interface LaunchRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: PodPattern | undefined;
  /** Where the answer goes: a window of this origin gets a message, or this address a form. */
  readonly returnTo: URL;
  readonly mode: 'message' | 'form';
}

export type ParsedLaunch =
  { readonly ok: true; readonly launch: LaunchRequest } | { readonly ok: false; readonly problem: string };

type Query = Readonly<Record<string, unknown>>;

const no = (problem: string): ParsedLaunch => ({ ok: false, problem });

const returnAddress = (value: unknown, origins: readonly string[]): URL | undefined => {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  // Compared whole, as a browser writes it: no prefix, no pattern, no user in front of the host.
  return origins.includes(url.origin) && url.username === '' && url.password === '' ? url : undefined;
};

export const parseLaunch = (query: Query, origins: readonly string[]): ParsedLaunch => {
  const { namespace, service_account: serviceAccount = 'default', pod: podText, mode = 'message' } = query;
  const returnTo = returnAddress(query['return_to'], origins);
  if (!returnTo) return no(text.launch.badOrigin);
  if (typeof namespace !== 'string' || !isNamespace(namespace))
    return no(text.launch.badParameter('namespace'));
  if (typeof serviceAccount !== 'string' || !isSubdomain(serviceAccount)) {
    return no(text.launch.badParameter('service_account'));
  }
  const pod = podText === undefined ? undefined : parsePodPattern(podText);
  if (podText !== undefined && !pod) return no(text.launch.badParameter('pod'));
  if (mode !== 'message' && mode !== 'form') return no(text.launch.badParameter('mode'));
  return { ok: true, launch: { namespace, serviceAccount, pod, returnTo, mode } };
};
