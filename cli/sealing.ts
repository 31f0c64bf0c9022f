/** Sealing to the key that the console offers, with Node's cipher; a Failure for an unusable offer. Zone 0. */
import type { Recipient } from '#envelope/cipher.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { checkOfferedKey, sealOffered, type SealedValue } from '#envelope/sealing.ts';
import type { Schemas } from './api/client.ts';
import { failure } from './failure.ts';

type SealingOffer = Schemas['SealingOffer'];

function asFailure(error: unknown): unknown {
  return error instanceof EnvelopeError
    ? failure(
        'key_malformed',
        `The console’s offer cannot be sealed to: ${error.message}.`,
        'Show this to your operator.',
        error,
      )
    : error;
}

/** The offered key; its id is computed from the key itself. */
export function offeredKey(offer: Pick<SealingOffer, 'publicKey'>): Recipient {
  try {
    const recipient = rsaRecipient(offer.publicKey);
    checkOfferedKey(recipient, offer);
    return recipient;
  } catch (error) {
    throw asFailure(error);
  }
}

/** The write request that carries `value`, which the caller wipes. The inner key is wiped. */
export async function seal(
  { name, offer, nowMs }: { readonly name: string; readonly offer: SealingOffer; readonly nowMs: number },
  value: Uint8Array,
): Promise<SealedValue> {
  const sealing = { cipher: nodeCipher, recipient: offeredKey(offer), nowMs };
  try {
    return await sealOffered(sealing, { name, offer }, value);
  } catch (error) {
    throw asFailure(error);
  }
}
