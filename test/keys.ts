/** Keys for tests: generated in every run, as JWKs like those that the services read. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Jwk } from '#envelope/kid.ts';

export interface JwkPair {
  readonly publicJwk: Jwk;
  readonly privateJwk: Jwk;
}

function pair(keys: ReturnType<typeof generateKeyPairSync>): JwkPair {
  return {
    // Node types JWKs as records of unknowns under another name.
    publicJwk: keys.publicKey.export({ format: 'jwk' }),
    privateJwk: keys.privateKey.export({ format: 'jwk' }),
  };
}

export function rsaPair(modulusLength = 2048): JwkPair {
  return pair(generateKeyPairSync('rsa', { modulusLength }));
}
export function ed25519Pair(): JwkPair {
  return pair(generateKeyPairSync('ed25519'));
}
export function octJwk(): Jwk {
  return { kty: 'oct', k: randomBytes(32).toString('base64url') };
}
/** The text of a JWK set. */
export function jwkSet(...keys: readonly unknown[]): string {
  return JSON.stringify({ keys });
}
