/**
 * The grant: the keyservice's signed statement that it opened these envelopes for one session. No zone;
 * docs/design.md#unwrap. JWS, `typ` "twofold-grant+jwt"; a vector is in test/vectors/grant.json.
 *
 * | claim | value |
 * |---|---|
 * | iss | the keyservice, "twofold-keyservice" |
 * | aud, jti, sub | the ticket's |
 * | place | where the pod is created, as the webhook read it: place.ts |
 * | pod? | the ticket's pattern |
 * | sid | session id |
 * | secrets | `{own, id, ver, nam}` of each opened envelope: 1 to 256, no id and no (own, nam) twice |
 * | exp | seconds since 1970: bounds the first claim only |
 */
import type { Signer } from './cipher.ts';
import { jwsLength, readJws, signJws, verifyJws, type Expected, type Format, type Verified } from './jws.ts';
import { isJsonObject } from './json.ts';
import { MAX_JWS_BYTES, MAX_NAMES } from './limits.ts';
import {
  parseOwnerId,
  parseSecretId,
  parseSecretName,
  parseSessionId,
  type OwnerId,
  type SecretId,
  type SecretName,
  type SessionId,
} from './names.ts';
import { parsePlace, placeMembers, type Place } from './place.ts';
import { parsePodPattern, type PodPattern } from './pod.ts';
import { isInstant } from './ticket.ts';

export const GRANT_ISSUER = 'twofold-keyservice';

export interface GrantedSecret {
  /** Owner. */
  readonly own: OwnerId;
  readonly id: SecretId;
  readonly ver: number;
  readonly nam: SecretName;
}

export interface Grant {
  readonly iss: string;
  readonly aud: string;
  readonly jti: string;
  readonly sub: OwnerId;
  readonly place: Place;
  readonly pod?: PodPattern;
  readonly sid: SessionId;
  readonly secrets: readonly GrantedSecret[];
  readonly exp: number;
}

/** An owner and a name as one text: an id has no space in it. */
export function ownedName(own: OwnerId, nam: SecretName): string {
  return `${own} ${nam}`;
}

function parseGranted(value: unknown): GrantedSecret[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NAMES) return undefined;
  const granted = value.flatMap((item: unknown) => {
    if (!isJsonObject(item)) return [];
    const { own, id, ver, nam } = item;
    const owner = parseOwnerId(own);
    const secretId = parseSecretId(id);
    const name = parseSecretName(nam);
    return owner && secretId && name && isInstant(ver) ? [{ own: owner, id: secretId, ver, nam: name }] : [];
  });
  const ids = new Set(granted.map(({ id }) => id));
  const names = new Set(granted.map(({ own, nam }) => ownedName(own, nam)));
  return ids.size === value.length && names.size === value.length ? granted : undefined;
}

const format: Format<Grant> = {
  typ: 'twofold-grant+jwt',
  encode: ({ iss, aud, jti, sub, place, pod, sid, secrets, exp }) => {
    const granted = secrets.map(({ own, id, ver, nam }) => ({ own, id, ver, nam }));
    return JSON.stringify({
      iss,
      aud,
      jti,
      sub,
      place: placeMembers(place),
      pod,
      sid,
      secrets: granted,
      exp,
    });
  },
  parse: ({ iss, aud, jti, sub, place, pod, sid, secrets, exp }) => {
    const owner = parseOwnerId(sub);
    const session = parseSessionId(sid);
    const granted = parseGranted(secrets);
    const where = parsePlace(place);
    if (typeof iss !== 'string' || typeof aud !== 'string' || !parseSecretId(jti)) return undefined;
    if (!owner || !session || !granted || !where || !isInstant(exp)) return undefined;
    const pattern = pod === undefined ? undefined : parsePodPattern(pod);
    if (pattern === undefined && pod !== undefined) return undefined;
    return {
      iss,
      aud,
      jti: String(jti),
      sub: owner,
      place: where,
      ...(pattern === undefined ? {} : { pod: pattern }),
      sid: session,
      secrets: granted,
      exp,
    };
  },
};

/** Whether verifiers would refuse it for its length once signed: 256 of the longest names are too much. */
export function isGrantTooLong({ kid }: Pick<Signer, 'kid'>, grant: Grant): boolean {
  return jwsLength(format, kid, grant) > MAX_JWS_BYTES;
}

export function signGrant(signer: Signer, grant: Grant): Promise<string> {
  return signJws(format, signer, grant);
}

/**
 * Verifies all but the expiry, which is left to the caller: `exp` bounds the first claim only, and only the session row
 * tells whether this is the first.
 */
export function verifyGrant(
  text: string,
  expected: Pick<Expected, 'verifiers' | 'audience'>,
): Promise<Verified<Grant>> {
  return verifyJws(format, text, { ...expected, issuer: GRANT_ISSUER, nowSeconds: 0 });
}

/**
 * The claims of a grant, unverified: for the init container, which holds no key and knows the grant by its hash.
 * Undefined where the text is not a grant.
 */
export function readGrant(text: string): Grant | undefined {
  return readJws(format, text);
}
