/** The derived keys of a session's secrets. Zone 1; design §6 step 5. The user key itself never leaves. */
import type { Cipher } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import type { OwnerId, SecretId } from '#envelope/names.ts';
import { done, type Outcome } from './outcome.ts';
import type { SessionSecret } from './stores.ts';
import type { UserKeys } from './user-keys.ts';

export interface SessionKey {
  readonly id: SecretId;
  /** 32 bytes; the caller wipes them. */
  readonly key: Uint8Array;
}

export interface SessionKeys {
  /** Of exactly the versions that the session was opened with, whatever has been written since. */
  derive(ownerId: OwnerId, secrets: readonly SessionSecret[]): Promise<Outcome<readonly SessionKey[]>>;
}

interface Ports {
  readonly userKeys: Pick<UserKeys, 'open'>;
  readonly cipher: Pick<Cipher, 'hkdfSha256'>;
}

export const createSessionKeys = ({ userKeys, cipher }: Ports): SessionKeys => {
  const deriveWith = async (
    userKey: Uint8Array,
    ownerId: OwnerId,
    secrets: readonly SessionSecret[],
  ): Promise<SessionKey[]> => {
    const keys: SessionKey[] = [];
    for (const { id, version, gen, salt } of secrets) {
      const key = await deriveInnerKey(cipher, userKey, { ownerId, secretId: id, version, gen, salt });
      keys.push({ id, key });
    }
    return keys;
  };
  return {
    derive: async (ownerId, secrets) => {
      const derived: SessionKey[] = [];
      for (const gen of new Set(secrets.map((secret) => secret.gen))) {
        const opened = await userKeys.open(ownerId, gen);
        if (!opened.ok) {
          for (const { key } of derived) key.fill(0);
          return opened;
        }
        const ofGeneration = secrets.filter((secret) => secret.gen === gen);
        try {
          derived.push(...(await deriveWith(opened.value.key, ownerId, ofGeneration)));
        } finally {
          opened.value.key.fill(0);
        }
      }
      return done(derived);
    },
  };
};
