/** Seals the inner layer (Fernet). Zones 0 and 1; docs/design.md#inner-layer. */
import { encodePaddedBase64url } from '../base64url.ts';
import { concat, uint64 } from '../bytes.ts';
import type { Cipher } from '../cipher.ts';
import { IV_BYTES, splitKey, VERSION } from './layout.ts';

interface SealInput {
  /** 32 bytes from `deriveInnerKey`. */
  readonly key: Uint8Array;
  readonly plaintext: Uint8Array;
  /** Seconds since 1970; informative only. */
  readonly nowSeconds: number;
}

/** The inner token. A fresh random iv each time; `plaintext` and `key` are left for the caller to wipe. */
export async function sealInner(
  cipher: Pick<Cipher, 'random' | 'cbcEncrypt' | 'hmacSha256'>,
  { key, plaintext, nowSeconds }: SealInput,
): Promise<string> {
  const { signing, encryption } = splitKey(key);
  const iv = cipher.random(IV_BYTES);
  const ciphertext = await cipher.cbcEncrypt(encryption, iv, plaintext);
  const signed = concat(Uint8Array.of(VERSION), uint64(nowSeconds), iv, ciphertext);
  return encodePaddedBase64url(concat(signed, await cipher.hmacSha256(signing, signed)));
}
