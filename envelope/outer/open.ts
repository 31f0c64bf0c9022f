/** Opens the outer layer. Zone 3 only: no other bundle may contain this file; docs/design.md#outer-layer. */
import { fromUtf8 } from '../bytes.ts';
import type { Cipher, Identity } from '../cipher.ts';
import { EnvelopeError, malformed, notAuthentic } from '../errors.ts';
import { DEK_BYTES, type EnvelopeParts } from './layout.ts';

/**
 * The inner token of a parsed envelope. The key is the one that its header names. Throws `unknown_key` when it is
 * not among `identities`, `malformed` when the wrapped key's length is not that key's, else `not_authentic`.
 */
export async function openOuter(
  cipher: Pick<Cipher, 'gcmDecrypt'>,
  identities: ReadonlyMap<string, Identity>,
  { header, aad, wrappedKey, iv, ciphertext, tag }: EnvelopeParts,
): Promise<string> {
  const identity = identities.get(header.kid);
  if (!identity)
    throw new EnvelopeError('unknown_key', `no private key with kid ${header.kid} is configured`);
  if (wrappedKey.length !== identity.wrappedBytes) throw malformed('encrypted key is not of its key’s size');
  let dek: Uint8Array | undefined;
  try {
    dek = await identity.unwrapKey(wrappedKey);
    if (dek.length !== DEK_BYTES) throw notAuthentic();
    return fromUtf8(await cipher.gcmDecrypt(dek, iv, aad, { ciphertext, tag }));
  } catch {
    throw notAuthentic();
  } finally {
    dek?.fill(0);
  }
}
