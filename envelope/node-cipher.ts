/**
 * The cipher port on node:crypto, without the RSA private operation. No zone, but not for browsers;
 * docs/design.md#layers. Long-lived keys become KeyObjects once: parsing PEM or JWK on each call costs up to
 * 3 times the operation.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  publicEncrypt,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { Cipher, KeyEncryptionKey, Recipient, Sealed, Signer, Verifier } from './cipher.ts';
import { kidOfDigest, thumbprintInput, type Jwk } from './kid.ts';
import { RSA_BYTES, RSA_RULE } from './limits.ts';
import type { Kid } from './names.ts';

const GCM = 'aes-256-gcm';
const CBC = 'aes-128-cbc';
type Key = Uint8Array | KeyObject;

function gcmEncrypt(key: Key, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed {
  const cipher = createCipheriv(GCM, key, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { ciphertext, tag: cipher.getAuthTag() };
}

function gcmDecrypt(key: Key, iv: Uint8Array, aad: Uint8Array, { ciphertext, tag }: Sealed): Uint8Array {
  const decipher = createDecipheriv(GCM, key, iv, { authTagLength: 16 }).setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  decipher.final();
  return plaintext;
}

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous for WebCrypto's sake; a throw must reject */
export const nodeCipher: Cipher = {
  random: (bytes) => randomBytes(bytes),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  sha256: async (data) => createHash('sha256').update(data).digest(),
  hmacSha256: async (key, data) => createHmac('sha256', key).update(data).digest(),
  hkdfSha256: async (ikm, salt, info) => new Uint8Array(hkdfSync('sha256', ikm, salt, info, 32)),
  cbcEncrypt: async (key, iv, plaintext) => {
    const cipher = createCipheriv(CBC, key, iv);
    return Buffer.concat([cipher.update(plaintext), cipher.final()]);
  },
  cbcDecrypt: async (key, iv, ciphertext) => {
    const decipher = createDecipheriv(CBC, key, iv);
    const start = decipher.update(ciphertext);
    const end = decipher.final();
    const plaintext = Buffer.concat([start, end]);
    start.fill(0);
    end.fill(0);
    return plaintext;
  },
  gcmEncrypt: async (key, iv, aad, plaintext) => gcmEncrypt(key, iv, aad, plaintext),
  gcmDecrypt: async (key, iv, aad, sealed) => gcmDecrypt(key, iv, aad, sealed),
};

/** RFC 7638 thumbprint of any RSA, OKP or oct JWK, private members left out. */
export function kidOf(jwk: Jwk): Kid {
  return kidOfDigest(createHash('sha256').update(thumbprintInput(jwk)).digest());
}

function publicKeyOf(jwk: Jwk): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** From an RSA public JWK of 2048, 3072 or 4096 bits. Throws on any other key. */
export function rsaRecipient(jwk: Jwk): Recipient {
  const key = publicKeyOf(jwk);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || !RSA_BYTES.has(bits / 8)) throw new RangeError(RSA_RULE);
  const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  return { kid: kidOf(jwk), wrapKey: async (dek) => publicEncrypt(options, dek) };
}

/** From an `oct` JWK of 32 bytes. Throws on any other key. */
export function keyEncryptionKey(jwk: Jwk): KeyEncryptionKey {
  const bytes = Buffer.from(typeof jwk['k'] === 'string' ? jwk['k'] : '', 'base64url');
  if (jwk['kty'] !== 'oct' || bytes.length !== 32)
    throw new RangeError('an at-rest key is an oct JWK of 32 bytes');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return {
    kid: kidOf(jwk),
    encrypt: async (iv, aad, plaintext) => gcmEncrypt(key, iv, aad, plaintext),
    decrypt: async (iv, aad, sealed) => gcmDecrypt(key, iv, aad, sealed),
  };
}

/** From an Ed25519 private JWK. Throws on any other key. */
export function ed25519Signer(jwk: Jwk): Signer {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('a signing key is an Ed25519 JWK');
  return { kid: kidOf(jwk), sign: async (data) => sign(null, data, key) };
}

/** From an Ed25519 public JWK. Throws on any other key. */
export function ed25519Verifier(jwk: Jwk): Verifier {
  const key = publicKeyOf(jwk);
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('a verifying key is an Ed25519 JWK');
  return { kid: kidOf(jwk), verify: async (data, signature) => verify(null, data, key, signature) };
}
/* eslint-enable @typescript-eslint/require-await */
