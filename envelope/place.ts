/**
 * The place of a pod: where, as whom, under which name and by whom it is created. No zone;
 * docs/design.md#admission. The webhook reads it from the review and sends it with `unwrap`, the keyservice compares
 * it with the ticket, the grant copies it.
 *
 * | member | value |
 * |---|---|
 * | ns, sa | namespace and service account |
 * | name? | the pod's name, where it has one already |
 * | generateName? | what its name will begin with; a pod has at least one of the two |
 * | by | Kubernetes username of the pod's creator: `userInfo.username` of the review |
 */
import { isJsonObject } from './json.ts';
import { MAX_USERNAME_LENGTH } from './limits.ts';
import {
  fitsPod,
  isGenerateName,
  isNamespace,
  isSubdomain,
  type PodIdentity,
  type PodPattern,
} from './pod.ts';

export interface Place {
  readonly ns: string;
  readonly sa: string;
  readonly name?: string;
  readonly generateName?: string;
  readonly by: string;
}

/** What the members must be, for a person. */
export const PLACE_RULE = `names of Kubernetes, name or generateName among them, and by a username of 1 to ${MAX_USERNAME_LENGTH} characters without control characters`;

const members: ReadonlySet<string> = new Set(['ns', 'sa', 'name', 'generateName', 'by']);
/** Control characters, halves of surrogate pairs, line separators, and bidi controls. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Kubernetes does not define usernames: an authenticator may give any text. */
export function isUsername(text: unknown): text is string {
  return (
    typeof text === 'string' && text !== '' && text.length <= MAX_USERNAME_LENGTH && !unprintable.test(text)
  );
}

/** Exactly a place's members, each in its own syntax; else undefined. */
export function parsePlace(value: unknown): Place | undefined {
  if (!isJsonObject(value) || !Object.keys(value).every((member) => members.has(member))) return undefined;
  const { ns, sa, name, generateName, by } = value;
  if (!isNamespace(ns) || !isSubdomain(sa) || !isUsername(by)) return undefined;
  if (name !== undefined && !isSubdomain(name)) return undefined;
  if (generateName !== undefined && !isGenerateName(generateName)) return undefined;
  if (name === undefined && generateName === undefined) return undefined;
  return {
    ns,
    sa,
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
    by,
  };
}

/** The members in the order of signed text. */
export function placeMembers({ ns, sa, name, generateName, by }: Place): object {
  return {
    ns,
    sa,
    name,
    generateName,
    by,
  };
}

/** The place that a ticket is for. */
interface PlaceConsent {
  readonly ns: string;
  readonly sa: string;
  readonly pod?: PodPattern | undefined;
}

/** The claim of a ticket that a place does not match, and both in words. */
export interface PlaceDifference {
  readonly claim: 'ns' | 'sa' | 'pod';
  readonly words: string;
}

/** The first difference between a ticket's place and a pod's, or undefined where the ticket is for the pod. */
export function placeDifference(
  { ns, sa, pod }: PlaceConsent,
  place: PodIdentity & Pick<Place, 'ns' | 'sa'>,
): PlaceDifference | undefined {
  if (ns !== place.ns) {
    return { claim: 'ns', words: `The ticket’s ns is ${ns}, the pod’s namespace is ${place.ns}` };
  }
  if (sa !== place.sa) {
    return { claim: 'sa', words: `The ticket’s sa is ${sa}, the pod’s service account is ${place.sa}` };
  }
  return pod === undefined || fitsPod(pod, place)
    ? undefined
    : { claim: 'pod', words: `The ticket’s pod is ${pod}, which does not match this pod` };
}
