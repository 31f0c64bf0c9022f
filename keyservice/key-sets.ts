/** Keys by file: JWK sets (RFC 7517 §5), newest first. Zone 3; design §1. A problem never shows a key's members. */
import type { Recipient, Signer, Verifier } from '#envelope/cipher.ts';
import type { Jwk } from '#envelope/kid.ts';
import type { Kid } from '#envelope/names.ts';
import { ed25519Signer, ed25519Verifier, kidOf, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaPrivateKey, type PrivateKey } from '#envelope/node-private.ts';

/** A private key with its public half, which `rewrap` and the health check seal to. */
interface EnvelopeKey {
  readonly private: PrivateKey;
  readonly publicJwk: Jwk;
  readonly recipient: Recipient;
}

/** At least one: the first is the newest. */
type KeySet<K> = readonly [K, ...K[]];

function membersOf(content: string): readonly unknown[] {
  const set: unknown = JSON.parse(content);
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('it has no list "keys"');
  return keys;
}

function isJwk(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null;
}

function parseKeySet<K>(kind: string, parseKey: (jwk: Jwk) => K) {
  return (content: string): KeySet<K> => {
    const seen = new Set<Kid>();
    const parsed = membersOf(content).map((jwk, at) => {
      let kid: Kid;
      let key: K;
      try {
        if (!isJwk(jwk)) throw new TypeError('not an object');
        kid = kidOf(jwk);
        key = parseKey(jwk);
      } catch {
        // Node's own message may quote a member.
        throw new Error(`key ${at + 1} is not ${kind}`);
      }
      const claimed = isJwk(jwk) ? jwk['kid'] : undefined;
      if (claimed !== undefined && claimed !== kid) {
        throw new Error(`key ${at + 1} has a kid other than its thumbprint, ${kid}`);
      }
      if (seen.has(kid)) throw new Error(`key ${at + 1} is there twice`);
      seen.add(kid);
      return key;
    });
    const [first, ...rest] = parsed;
    if (first === undefined) throw new Error('it has no key');
    return [first, ...rest];
  };
}

export const parseEnvelopeKeys = parseKeySet<EnvelopeKey>(
  'an RSA private key of at least 2048 bits',
  (jwk) => {
    const publicJwk = { kty: jwk['kty'], n: jwk['n'], e: jwk['e'] };
    return { private: rsaPrivateKey(jwk), publicJwk, recipient: rsaRecipient(publicJwk) };
  },
);

export const parseSigningKeys = parseKeySet<Signer>('an Ed25519 private key', ed25519Signer);

export const parseVerifyingKeys = parseKeySet<Verifier>('an Ed25519 public key', (jwk) => {
  if ('d' in jwk) throw new TypeError('a private key');
  return ed25519Verifier(jwk);
});
