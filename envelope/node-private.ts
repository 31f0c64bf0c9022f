/**
 * The RSA private operation on node:crypto. Zone 3 only: no other bundle may contain this file;
 * docs/design.md#outer-layer.
 */
import { constants, createPrivateKey, privateDecrypt, type KeyObject } from 'node:crypto';
import type { Identity } from './cipher.ts';
import type { Jwk } from './kid.ts';
import { RSA_BYTES, RSA_RULE } from './limits.ts';
import type { Kid } from './names.ts';
import { kidOf } from './node-cipher.ts';

export interface PrivateKey {
  readonly kid: Kid;
  /** Passes through `workerData` without showing its bytes. */
  readonly key: KeyObject;
}

/** From an RSA private JWK of 2048, 3072 or 4096 bits. Throws on any other key. */
export function rsaPrivateKey(jwk: Jwk): PrivateKey {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || !RSA_BYTES.has(bits / 8)) throw new RangeError(RSA_RULE);
  return { kid: kidOf(jwk), key };
}

/** The operation runs on the calling thread: 0.24 ms for 2048 bits, so callers are worker threads. */
export function rsaIdentity({ kid, key }: PrivateKey): Identity {
  const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  return {
    kid,
    wrappedBytes: (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8,
    // eslint-disable-next-line @typescript-eslint/require-await -- a throw must reject
    unwrapKey: async (wrapped) => privateDecrypt(options, wrapped),
  };
}
