/**
 * The place of a pod: where, as whom, under which name and by whom it is created. No zone;
 * docs/design.md#admission. The webhook reads it in the review, `unwrap` carries it, the keyservice compares
 * it with the ticket, the grant copies it.
 *
 * | member | value |
 * |---|---|
 * | ns, sa | namespace and service account |
 * | name? | the pod's name, where it has one already |
 * | generateName? | what its name will begin with; a pod has at least one of the two |
 * | by | Kubernetes username of whoever creates the pod: `userInfo.username` of the review |
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
/** Control characters, halves of surrogate pairs, line separators, and what turns the direction of writing. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Kubernetes says nothing of what a username is: any text of an authenticator's. */
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

/** The members in the order in which a signed text has them. */
export function placeMembers({ ns, sa, name, generateName, by }: Place): object {
  return {
    ns,
    sa,
    name,
    generateName,
    by,
  };
}

/** What a ticket says of the place that it is for. */
interface PlaceConsent {
  readonly ns: string;
  readonly sa: string;
  readonly pod?: PodPattern | undefined;
}

/** Which claim of a ticket a place does not fit, and both in words. */
export interface PlaceDifference {
  readonly claim: 'ns' | 'sa' | 'pod';
  readonly words: string;
}

/** The first difference between a ticket's own place and a pod's, or undefined where the pod is one that it is for. */
export function placeDifference(
  { ns, sa, pod }: PlaceConsent,
  place: PodIdentity & Pick<Place, 'ns' | 'sa'>,
): PlaceDifference | undefined {
  if (ns !== place.ns) {
    return { claim: 'ns', words: `The ticket’s ns is ${ns}, the pod’s namespace ${place.ns}` };
  }
  if (sa !== place.sa) {
    return { claim: 'sa', words: `The ticket’s sa is ${sa}, the pod’s service account ${place.sa}` };
  }
  return pod === undefined || fitsPod(pod, place)
    ? undefined
    : { claim: 'pod', words: `The ticket’s pod is ${pod}, which this pod is not` };
}
