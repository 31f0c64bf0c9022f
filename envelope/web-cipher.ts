/**
 * The cipher port on WebCrypto, as far as sealing needs it: a browser only seals. No zone;
 * docs/design.md#layers. The same vectors pass as with node-cipher.ts.
 */
import type { Cipher, Recipient } from './cipher.ts';
import { kidOfDigest, thumbprintInput, type Jwk } from './kid.ts';
import { RSA_BYTES, RSA_RULE } from './limits.ts';

const { subtle } = globalThis.crypto;
const GCM_TAG_BYTES = 16;

/** The wider type only allows for memory shared with workers, and nothing here is. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

async function digest(data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle.digest('SHA-256', plain(data)));
}

type SealingCipher = Pick<Cipher, 'random' | 'sha256' | 'hmacSha256' | 'cbcEncrypt' | 'gcmEncrypt'>;

export const webCipher: SealingCipher = {
  random: (bytes) => globalThis.crypto.getRandomValues(new Uint8Array(bytes)),
  sha256: digest,
  hmacSha256: async (key, data) => {
    const imported = await subtle.importKey('raw', plain(key), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    return new Uint8Array(await subtle.sign('HMAC', imported, plain(data)));
  },
  cbcEncrypt: async (key, iv, plaintext) => {
    const imported = await subtle.importKey('raw', plain(key), 'AES-CBC', false, ['encrypt']);
    return new Uint8Array(
      await subtle.encrypt({ name: 'AES-CBC', iv: plain(iv) }, imported, plain(plaintext)),
    );
  },
  gcmEncrypt: async (key, iv, aad, plaintext) => {
    const imported = await subtle.importKey('raw', plain(key), 'AES-GCM', false, ['encrypt']);
    const how = { name: 'AES-GCM', iv: plain(iv), additionalData: plain(aad), tagLength: 8 * GCM_TAG_BYTES };
    const sealed = new Uint8Array(await subtle.encrypt(how, imported, plain(plaintext)));
    const end = sealed.length - GCM_TAG_BYTES;
    return { ciphertext: sealed.subarray(0, end), tag: sealed.subarray(end) };
  },
};

/** From an RSA public JWK of 2048, 3072 or 4096 bits. Rejects any other key. */
export async function rsaRecipient(jwk: Jwk): Promise<Recipient> {
  const { kty, n, e } = jwk;
  if (
    kty !== 'RSA' ||
    typeof n !== 'string' ||
    typeof e !== 'string' ||
    !RSA_BYTES.has(Math.floor((n.length * 3) / 4))
  ) {
    throw new RangeError(RSA_RULE);
  }
  const how = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const key = await subtle.importKey('jwk', { kty, n, e }, how, false, ['encrypt']);
  return {
    kid: kidOfDigest(await digest(thumbprintInput(jwk))),
    wrapKey: async (dek) => new Uint8Array(await subtle.encrypt('RSA-OAEP', key, plain(dek))),
  };
}
