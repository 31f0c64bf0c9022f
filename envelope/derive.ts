/**
 * Derivation of the inner key of one write. No zone; docs/design.md#inner-layer.
 *
 * | input | value |
 * |---|---|
 * | ikm | user key of generation `gen`, 32 bytes |
 * | salt | 16 random bytes of this write |
 * | info | for each of "twofold/inner/v1", owner id, gen, secret id, version: length (4 bytes, big endian) and UTF-8; numbers in decimal |
 * | output | 32 bytes: 16 to sign, 16 to encrypt (Fernet) |
 *
 * So a token moved to another owner, secret or version fails its MAC, and a session can be given the keys of its own
 * secrets alone. HKDF-SHA256 (RFC 5869) without a slow hash: the input is already uniform.
 */
import { concat, uint32, utf8 } from './bytes.ts';
import type { Cipher } from './cipher.ts';
import { SALT_BYTES, type Write } from './names.ts';

export const USER_KEY_BYTES = 32;

export function innerKeyInfo({ ownerId, gen, secretId, version }: Omit<Write, 'salt'>): Uint8Array {
  return concat(
    ...['twofold/inner/v1', ownerId, String(gen), secretId, String(version)].flatMap((text) => {
      const bytes = utf8(text);
      return [uint32(bytes.length), bytes];
    }),
  );
}

/** The Fernet key of this write. The caller wipes it. */
export async function deriveInnerKey(
  cipher: Pick<Cipher, 'hkdfSha256'>,
  userKey: Uint8Array,
  write: Write,
): Promise<Uint8Array> {
  if (userKey.length !== USER_KEY_BYTES) throw new RangeError('a user key has 32 bytes');
  if (write.salt.length !== SALT_BYTES) throw new RangeError('a salt has 16 bytes');
  return await cipher.hkdfSha256(userKey, write.salt, innerKeyInfo(write));
}
