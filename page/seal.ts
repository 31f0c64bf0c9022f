/** Seals both layers of one write in this browser: the console never sees the value. Zone 0; design §3 and §5. */
import { decodeBase64url } from '#envelope/base64url.ts';
import { isEnvSafe } from '#envelope/env-safe.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { rsaRecipient, webCipher } from '#envelope/web-cipher.ts';

/** What the console answers to `POST …/sealing`. */
export interface SealingOffer {
  readonly ownerId: string;
  readonly secretId: string;
  readonly version: number;
  readonly gen: number;
  readonly salt: string;
  readonly innerKey: string;
  readonly publicKey: Readonly<Record<string, unknown>>;
}

/** The members of a write that take the value's place. */
interface SealedValue {
  readonly envelope: string;
  readonly size: number;
  readonly envSafe: boolean;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the console offered something that cannot be sealed to');
  return value;
}

/** Rejects an offer whose key is not the one that its id says. The inner key is wiped, the value is the caller's. */
export async function seal(name: string, offer: SealingOffer, value: Uint8Array): Promise<SealedValue> {
  const recipient = await rsaRecipient(offer.publicKey);
  known(offer.publicKey['kid'] === recipient.kid ? recipient : undefined);
  const header = {
    ownerId: known(parseOwnerId(offer.ownerId)),
    secretId: known(parseSecretId(offer.secretId)),
    name: known(parseSecretName(name)),
    version: offer.version,
    gen: offer.gen,
    salt: decodeBase64url(offer.salt, 'salt'),
  };
  const key = decodeBase64url(offer.innerKey, 'inner key');
  try {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const token = await sealInner(webCipher, { key, plaintext: value, nowSeconds });
    const envelope = await sealOuter(webCipher, recipient, header, token);
    return { envelope, size: value.length, envSafe: isEnvSafe(value) };
  } finally {
    key.fill(0);
  }
}
