/**
 * The ticket: the console's signed statement that an owner wants these secrets in that pod. No zone;
 * docs/design.md#tickets. JWS, `typ` "twofold-ticket+jwt".
 *
 * | claim | value |
 * |---|---|
 * | iss, aud | the console's public URL; the cluster |
 * | sub | owner id |
 * | ns, sa | namespace and service account of the pod |
 * | secrets | names, 1 to 256, none twice |
 * | pod? | exact name, or a prefix with `*` |
 * | uses? | most sessions that may claim |
 * | jti | UUID |
 * | iat, nbf, exp | seconds since 1970 |
 */
import { ticketText } from './annotations.ts';
import type { Signer } from './cipher.ts';
import { signJws, verifyJws, type Expected, type Format, type Verified } from './jws.ts';
import { MAX_NAMES } from './limits.ts';
import { parseOwnerId, parseSecretId, parseSecretName, type OwnerId, type SecretName } from './names.ts';
import { isNamespace, isSubdomain, parsePodPattern, type PodPattern } from './pod.ts';

export interface Ticket {
  readonly iss: string;
  readonly aud: string;
  readonly sub: OwnerId;
  readonly ns: string;
  readonly sa: string;
  readonly secrets: readonly SecretName[];
  readonly pod?: PodPattern;
  readonly uses?: number;
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

export function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** Valid names, at least one, at most 256, none twice; else undefined. */
export function parseNames(value: unknown): SecretName[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NAMES) return undefined;
  const names = value.flatMap((item) => parseSecretName(item) ?? []);
  return names.length === value.length && new Set(names).size === names.length ? names : undefined;
}

const format: Format<Ticket> = {
  typ: 'twofold-ticket+jwt',
  encode: ({ iss, aud, sub, ns, sa, secrets, pod, uses, jti, iat, nbf, exp }) =>
    JSON.stringify({ iss, aud, sub, ns, sa, secrets, pod, uses, jti, iat, nbf, exp }),
  parse: ({ iss, aud, sub, ns, sa, secrets, pod, uses, jti, iat, nbf, exp }) => {
    const owner = parseOwnerId(sub);
    const names = parseNames(secrets);
    // A jti has the shape of a secret id: both are UUIDs.
    if (typeof iss !== 'string' || typeof aud !== 'string' || !owner || !names || !parseSecretId(jti))
      return undefined;
    if (!isNamespace(ns) || !isSubdomain(sa) || !isInstant(iat) || !isInstant(nbf) || !isInstant(exp))
      return undefined;
    const pattern = pod === undefined ? undefined : parsePodPattern(pod);
    if (pattern === undefined && pod !== undefined) return undefined;
    if (uses !== undefined && !isInstant(uses)) return undefined;
    return {
      iss,
      aud,
      sub: owner,
      ns,
      sa,
      secrets: names,
      jti: String(jti),
      iat,
      nbf,
      exp,
      ...(pattern === undefined ? {} : { pod: pattern }),
      ...(uses === undefined ? {} : { uses }),
    };
  },
};

export function signTicket(signer: Signer, ticket: Ticket): Promise<string> {
  return signJws(format, signer, ticket);
}

/** Verifies everything that the text itself can show; only the console knows whether it was revoked. */
export function verifyTicket(text: string, expected: Expected): Promise<Verified<Ticket>> {
  return verifyJws(format, ticketText(text), expected);
}
