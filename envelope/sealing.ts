/**
 * One write sealed by its client, on a person's machine or in their browser: the console never sees the
 * value. Zone 0; docs/design.md#layers. The console's offer is not trusted: nothing is sealed to a key whose id
 * does not match.
 */
import { decodeBase64url } from './base64url.ts';
import type { Cipher, Recipient } from './cipher.ts';
import { isEnvSafe } from './env-safe.ts';
import { malformed } from './errors.ts';
import { sealInner } from './inner/seal.ts';
import type { Jwk } from './kid.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from './names.ts';
import { sealOuter } from './outer/seal.ts';

/** The console's answer to `POST …/sealing`. */
export interface SealingOffer {
  readonly ownerId: string;
  readonly secretId: string;
  readonly version: number;
  readonly gen: number;
  readonly salt: string;
  readonly innerKey: string;
  readonly publicKey: Jwk;
}

/** The members of a write that take the value's place. */
export interface SealedValue {
  readonly envelope: string;
  readonly size: number;
  readonly envSafe: boolean;
}

interface Sealing {
  readonly cipher: Pick<Cipher, 'random' | 'cbcEncrypt' | 'hmacSha256' | 'gcmEncrypt'>;
  /** Of the offered public key. */
  readonly recipient: Recipient;
  readonly nowMs: number;
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw malformed(`${what} is malformed`);
  return value;
}

/** Throws `malformed` where the offer gives the key an id that is not its own. */
export function checkOfferedKey({ kid }: Recipient, { publicKey }: Pick<SealingOffer, 'publicKey'>): void {
  if (publicKey['kid'] !== kid) throw malformed('the key has another key’s id');
}

/** Throws `malformed`, naming the part of the offer. Wipes the inner key; the value is left to the caller. */
export async function sealOffered(
  { cipher, recipient, nowMs }: Sealing,
  { name, offer }: { readonly name: string; readonly offer: SealingOffer },
  value: Uint8Array,
): Promise<SealedValue> {
  checkOfferedKey(recipient, offer);
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
    const token = await sealInner(cipher, { key, plaintext: value, nowSeconds });
    const envelope = await sealOuter(cipher, recipient, header, token);
    return { envelope, size: value.length, envSafe: isEnvSafe(value) };
  } finally {
    key.fill(0);
  }
}
