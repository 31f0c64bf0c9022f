/** How the console seals both layers and forgets the value. Zone 1; docs/design.md#writing. */
import type { Cipher } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { SALT_BYTES, type Kid, type OwnerId, type SecretId, type SecretName } from '#envelope/names.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { ok } from '#envelope/result.ts';
import type { EnvelopeKey } from './keys.ts';
import type { Outcome } from './outcome.ts';
import type { UserKeys } from './user-keys.ts';

/** What is about to be written. */
export interface WriteTarget {
  readonly ownerId: OwnerId;
  readonly secretId: SecretId;
  readonly name: SecretName;
  readonly version: number;
}

export interface SealedWrite {
  readonly gen: number;
  readonly salt: Uint8Array;
  readonly envelope: string;
  readonly kid: Kid;
}

export interface Sealing {
  /** Both layers of one write, under a new salt. The caller wipes `plaintext`. */
  seal(target: WriteTarget, plaintext: Uint8Array): Promise<Outcome<SealedWrite>>;
}

interface Ports {
  readonly userKeys: UserKeys;
  readonly cipher: Cipher;
  readonly clock: () => number;
  readonly envelopeKey: EnvelopeKey;
}

export function createSealing({ userKeys, cipher, clock, envelopeKey }: Ports): Sealing {
  return {
    seal: async ({ ownerId, secretId, name, version }, plaintext) => {
      const opened = await userKeys.newest(ownerId);
      if (!opened.ok) return opened;
      const { gen, key: userKey } = opened.value;
      const salt = cipher.random(SALT_BYTES);
      const write = { ownerId, secretId, version, gen, salt };
      let key: Uint8Array | undefined;
      try {
        key = await deriveInnerKey(cipher, userKey, write);
        const token = await sealInner(cipher, { key, plaintext, nowSeconds: Math.floor(clock() / 1000) });
        const envelope = await sealOuter(cipher, envelopeKey.recipient, { ...write, name }, token);
        return ok({ gen, salt, envelope, kid: envelopeKey.recipient.kid });
      } finally {
        userKey.fill(0);
        key?.fill(0);
      }
    },
  };
}
