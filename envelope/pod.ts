/** How a ticket may name the pod it is for. No zone; docs/design.md#tickets. */

declare const brand: unique symbol;
/** A pod's exact name, or a prefix followed by `*`. */
export type PodPattern = string & { readonly [brand]: 'PodPattern' };

/** A pod before (only `generateName`) or after (also `name`) the API server names it. */
export interface PodIdentity {
  readonly name?: string | undefined;
  readonly generateName?: string | undefined;
}

/** The API server cuts generateName here before it adds five characters (apiserver names.SimpleNameGenerator). */
const GENERATED_PREFIX_LENGTH = 58;
const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${dnsLabel}(\\.${dnsLabel})*$`);
const prefixPattern = /^[a-z0-9]([-a-z0-9.]*[-a-z0-9])?\*$/;

/** RFC 1123 label, at most 63 characters. */
export function isNamespace(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 63 && new RegExp(`^${dnsLabel}$`).test(text);
}

/** RFC 1123 subdomain, at most 253 characters: names of pods and service accounts. */
export function isSubdomain(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 253 && subdomain.test(text);
}

export function parsePodPattern(text: unknown): PodPattern | undefined {
  return isSubdomain(text) || (typeof text === 'string' && text.length <= 254 && prefixPattern.test(text))
    ? // One of the two patterns has just matched.
      (text as PodPattern)
    : undefined;
}

/** Whether a ticket's pattern can be made from it. */
export function isGenerateName(text: unknown): text is string {
  return typeof text === 'string' && parsePodPattern(`${text}*`) !== undefined;
}

/**
 * Whether `pattern` matches a pod. A pod that has no name yet matches only a prefix, since nobody can know
 * which name it will get.
 */
export function fitsPod(pattern: PodPattern, pod: PodIdentity): boolean {
  if (!pattern.endsWith('*')) return pod.name === pattern;
  const prefix = pattern.slice(0, -1).slice(0, GENERATED_PREFIX_LENGTH);
  const name = pod.name ?? pod.generateName?.slice(0, GENERATED_PREFIX_LENGTH);
  return name?.startsWith(prefix) ?? false;
}

/** Whether a pod created with this identity may be the one that now has this name. */
export function mayBeNamed(pod: PodIdentity, name: string): boolean {
  return pod.name === undefined
    ? pod.generateName !== undefined && name.startsWith(pod.generateName.slice(0, GENERATED_PREFIX_LENGTH))
    : pod.name === name;
}
