/** Keys for tests: made anew in every run, as JWK like those that the services read. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Jwk } from '#envelope/kid.ts';

export interface JwkPair {
  readonly publicJwk: Jwk;
  readonly privateJwk: Jwk;
}

const pair = (keys: ReturnType<typeof generateKeyPairSync>): JwkPair => ({
  // Node types JWKs as records of unknowns under another name.
  publicJwk: keys.publicKey.export({ format: 'jwk' }),
  privateJwk: keys.privateKey.export({ format: 'jwk' }),
});

export const rsaPair = (modulusLength = 2048): JwkPair => pair(generateKeyPairSync('rsa', { modulusLength }));
export const ed25519Pair = (): JwkPair => pair(generateKeyPairSync('ed25519'));
export const octJwk = (): Jwk => ({ kty: 'oct', k: randomBytes(32).toString('base64url') });
