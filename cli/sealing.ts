/** Seals both layers of one write on this machine: the console never sees the value. Zone 0; design §3 and §5. */
import { decodeBase64url } from '#envelope/base64url.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { kidOf, nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { parseOwnerId, parseSecretId, parseSecretName, type Kid } from '#envelope/names.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import type { Schemas } from './api/client.ts';
import { failure } from './failure.ts';

type SealingOffer = Schemas['SealingOffer'];

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw failure('key_malformed', `The console offered no usable ${what}.`, 'Show this to your operator.');
  return value;
}

/** The id of the offered key, computed from the key itself: what the console calls it proves nothing. */
export function offeredKid({ publicKey }: Pick<SealingOffer, 'publicKey'>): Kid {
  const kid = kidOf(publicKey);
  known(publicKey.kid === kid ? kid : undefined, 'key: its id is another key’s');
  return kid;
}

/** The envelope of `plaintext`, which the caller wipes. The inner key is wiped. */
export async function seal(
  { name, offer, nowMs }: { readonly name: string; readonly offer: SealingOffer; readonly nowMs: number },
  plaintext: Uint8Array,
): Promise<string> {
  const header = {
    ownerId: known(parseOwnerId(offer.ownerId), 'owner id'),
    secretId: known(parseSecretId(offer.secretId), 'secret id'),
    name: known(parseSecretName(name), 'name'),
    version: offer.version,
    gen: offer.gen,
    salt: decodeBase64url(offer.salt, 'salt'),
  };
  const key = decodeBase64url(offer.innerKey, 'inner key');
  try {
    const nowSeconds = Math.floor(nowMs / 1000);
    const token = await sealInner(nodeCipher, { key, plaintext, nowSeconds });
    return await sealOuter(nodeCipher, rsaRecipient(offer.publicKey), header, token);
  } finally {
    key.fill(0);
  }
}
