/**
 * The cipher port: all the cryptography that the formats need, independent of the platform. No zone;
 * docs/design.md#layers. node-cipher.ts is for Node; a page passes one on WebCrypto. Keys passed as bytes live for one
 * operation and are wiped by their owner; keys that live longer are objects made once, which never show their bytes.
 */
import type { Kid } from './names.ts';

export interface Sealed {
  readonly ciphertext: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

export interface Cipher {
  random(bytes: number): Uint8Array;
  /** Constant time for inputs of equal length. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  sha256(data: Uint8Array): Promise<Uint8Array>;
  hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  /** RFC 5869, 32 bytes. */
  hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<Uint8Array>;
  /** AES-128-CBC with PKCS #7 padding. */
  cbcEncrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Rejects on wrong padding. */
  cbcDecrypt(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array>;
  /** AES-256-GCM, 12-byte iv, 16-byte tag. */
  gcmEncrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Sealed>;
  /** Rejects when the tag does not match. */
  gcmDecrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Promise<Uint8Array>;
}

/** RSA public key: encrypts a data encryption key to its holder (RSA-OAEP, SHA-256, no label). */
export interface Recipient {
  readonly kid: Kid;
  wrapKey(dek: Uint8Array): Promise<Uint8Array>;
}

/** RSA private key, or a handle to one in a KMS. Rejects on anything that was not wrapped to it. */
export interface Identity {
  readonly kid: Kid;
  /** Size of the modulus, and therefore of every wrapped key. */
  readonly wrappedBytes: number;
  unwrapKey(wrapped: Uint8Array): Promise<Uint8Array>;
}

/** A long-lived AES-256-GCM key that seals other keys. */
export interface KeyEncryptionKey {
  readonly kid: Kid;
  encrypt(iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Sealed>;
  decrypt(iv: Uint8Array, aad: Uint8Array, sealed: Sealed): Promise<Uint8Array>;
}

/** Ed25519 private key. */
export interface Signer {
  readonly kid: Kid;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** Ed25519 public key. */
export interface Verifier {
  readonly kid: Kid;
  verify(data: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** Keys by id: a key is chosen by `kid` alone, never by trial. */
export function byKid<K extends { readonly kid: Kid }>(keys: readonly K[]): ReadonlyMap<string, K> {
  return new Map(keys.map((key) => [key.kid, key]));
}
