/**
 * The inner token: Fernet (github.com/fernet/spec, version 0x80). No zone; docs/design.md#inner-layer.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version, 0x80 |
 * | 1 | 8 | time of sealing, seconds since 1970, big endian |
 * | 9 | 16 | iv |
 * | 25 | 16·n | AES-128-CBC ciphertext, PKCS #7 padding |
 * | −32 | 32 | HMAC-SHA256 of everything before it |
 *
 * All of it as padded base64url. The key is 32 bytes: 16 to sign, then 16 to encrypt. There is no time to live.
 */
import { decodePaddedBase64url } from '../base64url.ts';
import { malformed } from '../errors.ts';

export const VERSION = 0x80;
export const IV_BYTES = 16;
export const INNER_KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const HEADER_BYTES = 1 + 8 + IV_BYTES;
const MAC_BYTES = 32;

interface TokenParts {
  /** Everything that the MAC covers. */
  readonly signed: Uint8Array;
  readonly sealedAtSeconds: number;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly mac: Uint8Array;
}

/** Length in characters of the token for a plaintext of this many bytes. */
export function tokenLength(plaintextBytes: number): number {
  const padded = (Math.floor(plaintextBytes / BLOCK_BYTES) + 1) * BLOCK_BYTES;
  return Math.ceil((HEADER_BYTES + padded + MAC_BYTES) / 3) * 4;
}

/** The two halves of a Fernet key, as views of it. */
export function splitKey(key: Uint8Array): { signing: Uint8Array; encryption: Uint8Array } {
  if (key.length !== INNER_KEY_BYTES) throw new RangeError('an inner key has 32 bytes');
  return { signing: key.subarray(0, 16), encryption: key.subarray(16) };
}

/** Takes a token apart. Throws `malformed`; proves nothing about its authenticity. */
export function parseToken(token: string): TokenParts {
  const bytes = decodePaddedBase64url(token, 'inner token');
  const macAt = bytes.length - MAC_BYTES;
  const ciphertextBytes = macAt - HEADER_BYTES;
  if (bytes[0] !== VERSION) throw malformed('inner token is not of version 0x80');
  if (ciphertextBytes < BLOCK_BYTES || ciphertextBytes % BLOCK_BYTES !== 0) {
    throw malformed('inner token has an impossible length');
  }
  return {
    signed: bytes.subarray(0, macAt),
    sealedAtSeconds: Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1)),
    iv: bytes.subarray(9, HEADER_BYTES),
    ciphertext: bytes.subarray(HEADER_BYTES, macAt),
    mac: bytes.subarray(macAt),
  };
}
