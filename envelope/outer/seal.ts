/** Seals the outer layer with the public key alone. Zones 0, 1 and 3 (rewrap); docs/design.md#outer-layer. */
import { encodeBase64url } from '../base64url.ts';
import { utf8 } from '../bytes.ts';
import type { Cipher, Recipient } from '../cipher.ts';
import { DEK_BYTES, encodeHeader, IV_BYTES, type EnvelopeHeader } from './layout.ts';

/**
 * The envelope of an inner token: a new data encryption key, wrapped to `recipient`, whose kid goes into the header.
 * The data encryption key is wiped.
 */
export async function sealOuter(
  cipher: Pick<Cipher, 'random' | 'gcmEncrypt'>,
  recipient: Recipient,
  header: Omit<EnvelopeHeader, 'kid'>,
  innerToken: string,
): Promise<string> {
  const dek = cipher.random(DEK_BYTES);
  try {
    const protectedHeader = encodeHeader({ ...header, kid: recipient.kid });
    const iv = cipher.random(IV_BYTES);
    const wrappedKey = await recipient.wrapKey(dek);
    const { ciphertext, tag } = await cipher.gcmEncrypt(dek, iv, utf8(protectedHeader), utf8(innerToken));
    return [protectedHeader, ...[wrappedKey, iv, ciphertext, tag].map(encodeBase64url)].join('.');
  } finally {
    dek.fill(0);
  }
}
