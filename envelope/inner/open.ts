/** Opens the inner layer (Fernet). Zone 4 only: no other bundle may contain this file; docs/design.md#inner-layer. */
import type { Cipher } from '../cipher.ts';
import { notAuthentic } from '../errors.ts';
import { CLOCK_LEEWAY_SECONDS } from '../limits.ts';
import { parseToken, splitKey } from './layout.ts';

/** The spec's optional limit on a token's age. A stored secret has none; the published vectors use it. */
interface Freshness {
  readonly nowSeconds: number;
  readonly ttlSeconds: number;
}

function isFresh(sealedAtSeconds: number, { nowSeconds, ttlSeconds }: Freshness): boolean {
  return sealedAtSeconds + ttlSeconds >= nowSeconds && sealedAtSeconds <= nowSeconds + CLOCK_LEEWAY_SECONDS;
}

/**
 * The plaintext, which the caller owns and wipes. Throws `malformed` for what is not a token, and `not_authentic`
 * for a wrong MAC or padding: the MAC is compared in constant time, before anything is decrypted.
 */
export async function openInner(
  cipher: Pick<Cipher, 'equal' | 'hmacSha256' | 'cbcDecrypt'>,
  key: Uint8Array,
  token: string,
  freshness?: Freshness,
): Promise<Uint8Array> {
  const { signing, encryption } = splitKey(key);
  const parts = parseToken(token);
  if (!cipher.equal(parts.mac, await cipher.hmacSha256(signing, parts.signed))) throw notAuthentic();
  if (freshness && !isFresh(parts.sealedAtSeconds, freshness)) throw notAuthentic();
  try {
    return await cipher.cbcDecrypt(encryption, parts.iv, parts.ciphertext);
  } catch {
    throw notAuthentic();
  }
}
