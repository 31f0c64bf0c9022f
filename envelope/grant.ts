/**
 * The grant: the keyservice's signed word that it opened these envelopes for one session. No zone; design §6 step 3.
 * JWS, `typ` "twofold-grant+jwt".
 *
 * | claim | value |
 * |---|---|
 * | iss | the keyservice, "twofold-keyservice" |
 * | aud, jti, sub, ns, sa, pod? | the ticket's |
 * | sid | session id |
 * | secrets | `{id, ver, nam}` of each opened envelope |
 * | exp | seconds since 1970: bounds the first claim only |
 */
import type { Signer } from './cipher.ts';
import { readJws, signJws, verifyJws, type Expected, type Format, type Verified } from './jws.ts';
import { MAX_NAMES } from './limits.ts';
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
import { isNamespace, isSubdomain, parsePodPattern, type PodPattern } from './pod.ts';
import { isInstant } from './ticket.ts';

export const GRANT_ISSUER = 'twofold-keyservice';

export interface GrantedSecret {
  readonly id: SecretId;
  readonly ver: number;
  readonly nam: SecretName;
}

export interface Grant {
  readonly iss: string;
  readonly aud: string;
  readonly jti: string;
  readonly sub: OwnerId;
  readonly ns: string;
  readonly sa: string;
  readonly pod?: PodPattern;
  readonly sid: SessionId;
  readonly secrets: readonly GrantedSecret[];
  readonly exp: number;
}

const parseGranted = (value: unknown): GrantedSecret[] | undefined => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NAMES) return undefined;
  const granted = value.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    // Members are checked in the next lines.
    const { id, ver, nam } = item as Record<string, unknown>;
    const secretId = parseSecretId(id);
    const name = parseSecretName(nam);
    return secretId && name && isInstant(ver) ? [{ id: secretId, ver, nam: name }] : [];
  });
  return granted.length === value.length ? granted : undefined;
};

const format: Format<Grant> = {
  typ: 'twofold-grant+jwt',
  encode: ({ iss, aud, jti, sub, ns, sa, pod, sid, secrets, exp }) =>
    JSON.stringify({
      ...{ iss, aud, jti, sub, ns, sa, pod, sid },
      ...{ secrets: secrets.map(({ id, ver, nam }) => ({ id, ver, nam })), exp },
    }),
  parse: ({ iss, aud, jti, sub, ns, sa, pod, sid, secrets, exp }) => {
    const owner = parseOwnerId(sub);
    const session = parseSessionId(sid);
    const granted = parseGranted(secrets);
    if (typeof iss !== 'string' || typeof aud !== 'string' || !parseSecretId(jti)) return undefined;
    if (!owner || !session || !granted || !isNamespace(ns) || !isSubdomain(sa) || !isInstant(exp))
      return undefined;
    const pattern = pod === undefined ? undefined : parsePodPattern(pod);
    if (pattern === undefined && pod !== undefined) return undefined;
    return {
      ...{ iss, aud, jti: String(jti), sub: owner, ns, sa, sid: session, secrets: granted, exp },
      ...(pattern === undefined ? {} : { pod: pattern }),
    };
  },
};

export const signGrant = (signer: Signer, grant: Grant): Promise<string> => signJws(format, signer, grant);

/**
 * Verifies all but the expiry, which the caller decides: `exp` bounds the first claim only, and only the session row
 * tells whether this is the first.
 */
export const verifyGrant = (
  text: string,
  expected: Pick<Expected, 'verifiers' | 'audience'>,
): Promise<Verified<Grant>> => verifyJws(format, text, { ...expected, issuer: GRANT_ISSUER, nowSeconds: 0 });

/**
 * What a grant says, unverified: for the init container, which holds no key and knows the grant by its hash. Undefined
 * for what is no grant.
 */
export const readGrant = (text: string): Grant | undefined => readJws(format, text);
