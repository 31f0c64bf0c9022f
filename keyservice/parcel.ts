/**
 * Envelopes packed for a worker thread: cloning five arrays for each envelope takes the main thread eight times as
 * long as two for all. Zone 3.
 */
import type { Kid } from '#envelope/names.ts';
import { IV_BYTES, TAG_BYTES, type EnvelopeHeader, type EnvelopeParts } from '#envelope/outer/layout.ts';

export interface Parcel {
  /** The keys of these envelopes, each once. */
  readonly kids: readonly Kid[];
  /** For each envelope: index of its kid, then lengths of aad, wrapped key and ciphertext. */
  readonly index: Uint32Array;
  /** For each envelope: aad, wrapped key, iv, ciphertext, tag. */
  readonly bytes: Uint8Array;
}

/** What opening needs of an envelope; of its header only the kid, since the aad binds the rest. */
type SealedParts = Omit<EnvelopeParts, 'header'> & { readonly header: Pick<EnvelopeHeader, 'kid'> };

const FIELDS = 4;

export function pack(envelopes: readonly EnvelopeParts[]): Parcel {
  const kids: Kid[] = [];
  const index = new Uint32Array(envelopes.length * FIELDS);
  let size = 0;
  for (const [at, { header, aad, wrappedKey, ciphertext }] of envelopes.entries()) {
    let kidAt = kids.indexOf(header.kid);
    if (kidAt < 0) kidAt = kids.push(header.kid) - 1;
    index.set([kidAt, aad.length, wrappedKey.length, ciphertext.length], at * FIELDS);
    size += aad.length + wrappedKey.length + IV_BYTES + ciphertext.length + TAG_BYTES;
  }
  const bytes = new Uint8Array(size);
  let to = 0;
  for (const { aad, wrappedKey, iv, ciphertext, tag } of envelopes) {
    for (const part of [aad, wrappedKey, iv, ciphertext, tag]) {
      bytes.set(part, to);
      to += part.length;
    }
  }
  return { kids, index, bytes };
}

/** Views of the parcel, one at a time. Throws when `pack` did not make it. */
export const unpack = function* ({ kids, index, bytes }: Parcel): Generator<SealedParts> {
  let from = 0;
  const take = (length: number): Uint8Array => bytes.subarray(from, (from += length));
  for (let at = 0; at < index.length; at += FIELDS) {
    const [kidAt = 0, aadBytes = 0, wrappedBytes = 0, ciphertextBytes = 0] = index.subarray(at, at + FIELDS);
    const kid = kids[kidAt];
    if (kid === undefined) throw new RangeError('a parcel names a key that it does not list');
    yield {
      header: { kid },
      aad: take(aadBytes),
      wrappedKey: take(wrappedBytes),
      iv: take(IV_BYTES),
      ciphertext: take(ciphertextBytes),
      tag: take(TAG_BYTES),
    };
  }
};
