/** The keyservice's key files, each a JWK set. Zone 3; docs/design.md#keys. */
import type { Recipient, Signer, Verifier } from '#envelope/cipher.ts';
import { parseJwkSet, type KeySet } from '#envelope/jwk-set.ts';
import type { Jwk } from '#envelope/kid.ts';
import type { Kid } from '#envelope/names.ts';
import { ed25519Signer, ed25519Verifier, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaPrivateKey, type PrivateKey } from '#envelope/node-private.ts';

/** A private key with its public half, which `rewrap` and the health check seal to. */
interface EnvelopeKey {
  readonly kid: Kid;
  readonly private: PrivateKey;
  readonly publicJwk: Jwk;
  readonly recipient: Recipient;
}

export function parseEnvelopeKeys(json: string): Promise<KeySet<EnvelopeKey>> {
  return parseJwkSet(json, 'an RSA private key of 2048, 3072 or 4096 bits', (jwk) => {
    const publicJwk = { kty: jwk['kty'], n: jwk['n'], e: jwk['e'] };
    const recipient = rsaRecipient(publicJwk);
    return { kid: recipient.kid, private: rsaPrivateKey(jwk), publicJwk, recipient };
  });
}

export function parseSigningKeys(json: string): Promise<KeySet<Signer>> {
  return parseJwkSet(json, 'an Ed25519 private key', ed25519Signer);
}

export function parseVerifyingKeys(json: string): Promise<KeySet<Verifier>> {
  return parseJwkSet(json, 'an Ed25519 public key', (jwk) => {
    if ('d' in jwk) throw new TypeError('a private key');
    return ed25519Verifier(jwk);
  });
}
