/** Key ids: the RFC 7638 thumbprint of a key's JWK, for every kind of key. No zone; docs/design.md#keys. */
import { encodeBase64url } from './base64url.ts';
import { utf8 } from './bytes.ts';
import { malformed } from './errors.ts';
import { parseKid, type Kid } from './names.ts';

/** Required members in lexicographic order (RFC 7638 §3.2; RFC 8037 §2 for OKP). */
const requiredMembers: Readonly<Record<string, readonly string[]>> = {
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
  oct: ['k', 'kty'],
};

export type Jwk = Readonly<Record<string, unknown>>;

/** The bytes whose SHA-256 is the key id. Throws `malformed` for another kind of key or a missing member. */
export function thumbprintInput(jwk: Jwk): Uint8Array {
  const kty = jwk['kty'];
  const members = typeof kty === 'string' ? requiredMembers[kty] : undefined;
  if (!members) throw malformed('JWK has a kty other than RSA, OKP and oct');
  const required = members.map((member) => {
    const value = jwk[member];
    if (typeof value !== 'string') throw malformed(`JWK has no ${member}`);
    return [member, value] as const;
  });
  return utf8(JSON.stringify(Object.fromEntries(required)));
}

/** The key id for the SHA-256 digest of `thumbprintInput`. */
export function kidOfDigest(digest: Uint8Array): Kid {
  const kid = parseKid(encodeBase64url(digest));
  if (!kid) throw malformed('a key id is a SHA-256 digest');
  return kid;
}
