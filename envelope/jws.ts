/**
 * Compact JWS (RFC 7515 §7.1) with Ed25519 (RFC 8037) for tickets and grants. No zone; docs/design.md#layers.
 * Protected header, exactly and in this order: `alg` "EdDSA", `kid`, `typ`. `kid` alone selects the key.
 */
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { fromUtf8, utf8 } from './bytes.ts';
import type { Signer, Verifier } from './cipher.ts';
import { isJsonObject, parseJson, type JsonObject } from './json.ts';
import { CLOCK_LEEWAY_SECONDS, MAX_JWS_BYTES } from './limits.ts';
import type { Kid } from './names.ts';
import { ok, type Refused, type Result } from './result.ts';

/** Why a ticket or grant is refused. A wrong signature and a wrong header are one reason each, whatever the cause. */
export type JwsRefusal =
  | 'malformed'
  | 'unknown_key'
  | 'not_authentic'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'not_yet_valid'
  | 'expired';

export type Verified<T> = Result<T, JwsRefusal>;

/** Claims that both kinds have, checked alike (RFC 7519 §4.1). Times are seconds since 1970. */
interface RegisteredClaims {
  readonly iss: string;
  readonly aud: string;
  readonly nbf?: number;
  readonly exp: number;
}

export interface Expected {
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly issuer: string;
  readonly audience: string;
  readonly nowSeconds: number;
}

/** How claims become JSON and back: `parse` returns undefined for anything that `encode` would not have written. */
export interface Format<T> {
  readonly typ: string;
  encode(claims: T): string;
  parse(claims: JsonObject): T | undefined;
}

const SIGNATURE_BYTES = 64;
function encodeHeader(kid: Kid, typ: string): string {
  return encodeBase64url(utf8(JSON.stringify({ alg: 'EdDSA', kid, typ })));
}

export async function signJws<T>(format: Format<T>, signer: Signer, claims: T): Promise<string> {
  const input = `${encodeHeader(signer.kid, format.typ)}.${encodeBase64url(utf8(format.encode(claims)))}`;
  return `${input}.${encodeBase64url(await signer.sign(utf8(input)))}`;
}

function encodedLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** Length of the text that `signJws` would return; over MAX_JWS_BYTES no verifier accepts it. */
export function jwsLength<T>(format: Format<T>, kid: Kid, claims: T): number {
  return (
    encodeHeader(kid, format.typ).length +
    encodedLength(utf8(format.encode(claims)).length) +
    encodedLength(SIGNATURE_BYTES) +
    2
  );
}

function refused(refusal: JwsRefusal): Refused<JwsRefusal> {
  return { ok: false, refusal };
}

function kidOfHeader(encoded: string): string | undefined {
  const header = parseJson(fromUtf8(decodeBase64url(encoded, 'header')));
  const kid = isJsonObject(header) ? header['kid'] : undefined;
  return typeof kid === 'string' ? kid : undefined;
}

function parseClaims<T>(format: Format<T>, payload: Uint8Array): T | undefined {
  const json = fromUtf8(payload);
  const value = parseJson(json);
  if (!isJsonObject(value)) return undefined;
  // The format checks each member; re-encoding proves that there is no other.
  const claims = format.parse(value);
  return claims && format.encode(claims) === json ? claims : undefined;
}

function checkRegistered(claims: RegisteredClaims, expected: Expected): JwsRefusal | undefined {
  if (claims.iss !== expected.issuer) return 'wrong_issuer';
  if (claims.aud !== expected.audience) return 'wrong_audience';
  if ((claims.nbf ?? 0) > expected.nowSeconds + CLOCK_LEEWAY_SECONDS) return 'not_yet_valid';
  if (claims.exp <= expected.nowSeconds - CLOCK_LEEWAY_SECONDS) return 'expired';
  return undefined;
}

/** Verifies header, signature, claims, issuer, audience and times, in this order. Never throws. */
export async function verifyJws<T extends RegisteredClaims>(
  format: Format<T>,
  text: string,
  expected: Expected,
): Promise<Verified<T>> {
  if (text.length > MAX_JWS_BYTES) return refused('malformed');
  const [header, payload, signature, ...more] = text.split('.', 4);
  if (!header || !payload || !signature || more.length > 0) return refused('malformed');
  try {
    const verifier = expected.verifiers.get(kidOfHeader(header) ?? '');
    if (!verifier) return refused('unknown_key');
    if (header !== encodeHeader(verifier.kid, format.typ)) return refused('malformed');
    const bytes = decodeBase64url(signature, 'signature');
    if (bytes.length !== SIGNATURE_BYTES) return refused('malformed');
    if (!(await verifier.verify(utf8(`${header}.${payload}`), bytes))) return refused('not_authentic');
    const claims = parseClaims(format, decodeBase64url(payload, 'payload'));
    if (!claims) return refused('malformed');
    const refusal = checkRegistered(claims, expected);
    return refusal ? refused(refusal) : ok(claims);
  } catch {
    return refused('malformed');
  }
}

/** The claims alone, without a look at header, signature or times; undefined where the text is not in the format. */
export function readJws<T>(format: Format<T>, text: string): T | undefined {
  const [, payload] = text.length > MAX_JWS_BYTES ? [] : text.split('.', 3);
  try {
    return payload === undefined ? undefined : parseClaims(format, decodeBase64url(payload, 'payload'));
  } catch {
    return undefined;
  }
}
