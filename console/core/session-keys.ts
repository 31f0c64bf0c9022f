/** The derived keys of a session's secrets. Zone 1; docs/design.md#claim. The user key itself is never returned. */
import type { Cipher } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import type { OwnerId, SecretId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Outcome } from './outcome.ts';
import type { SessionSecret } from './stores.ts';
import type { UserKeys } from './user-keys.ts';

export interface SessionKey {
  readonly id: SecretId;
  /** 32 bytes; the caller wipes them. */
  readonly key: Uint8Array;
}

export interface SessionKeys {
  /** For exactly the versions that the session was opened with, whatever has been written since. */
  derive(secrets: readonly SessionSecret[]): Promise<Outcome<readonly SessionKey[]>>;
}

interface Ports {
  readonly userKeys: Pick<UserKeys, 'open'>;
  readonly cipher: Pick<Cipher, 'hkdfSha256'>;
}

interface UserKeyGroup {
  readonly ownerId: OwnerId;
  readonly gen: number;
  readonly secrets: SessionSecret[];
}

/** Grouped by the user key that their keys come from: each is opened once. */
function byUserKey(secrets: readonly SessionSecret[]): Iterable<UserKeyGroup> {
  const groups = new Map<string, UserKeyGroup>();
  for (const secret of secrets) {
    const { ownerId, gen } = secret;
    const key = `${ownerId} ${gen}`;
    const group = groups.get(key) ?? { ownerId, gen, secrets: [] };
    group.secrets.push(secret);
    groups.set(key, group);
  }
  return groups.values();
}

export function createSessionKeys({ userKeys, cipher }: Ports): SessionKeys {
  const deriveWith = async (
    userKey: Uint8Array,
    secrets: readonly SessionSecret[],
  ): Promise<SessionKey[]> => {
    const keys: SessionKey[] = [];
    for (const { ownerId, id, version, gen, salt } of secrets) {
      const key = await deriveInnerKey(cipher, userKey, { ownerId, secretId: id, version, gen, salt });
      keys.push({ id, key });
    }
    return keys;
  };
  return {
    derive: async (secrets) => {
      const derived: SessionKey[] = [];
      for (const { ownerId, gen, secrets: ofKey } of byUserKey(secrets)) {
        const opened = await userKeys.open(ownerId, gen);
        if (!opened.ok) {
          for (const { key } of derived) key.fill(0);
          return opened;
        }
        try {
          derived.push(...(await deriveWith(opened.value.key, ofKey)));
        } finally {
          opened.value.key.fill(0);
        }
      }
      return ok(derived);
    },
  };
}
