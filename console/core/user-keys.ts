/**
 * Owners' user keys: created at the first write, opened for one operation, never kept open. Zone 1;
 * docs/design.md#user-keys.
 */
import type { Cipher } from '#envelope/cipher.ts';
import { USER_KEY_BYTES } from '#envelope/derive.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import type { OwnerId } from '#envelope/names.ts';
import { openUserKey, sealUserKey } from '#envelope/user-key.ts';
import { ok } from '#envelope/result.ts';
import type { AtRestKeys } from './keys.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { UserKeyRow, UserKeyStore } from './stores.ts';

interface OpenUserKey {
  readonly gen: number;
  /** The caller wipes it. */
  readonly key: Uint8Array;
}

export interface UserKeys {
  /** The owner's newest; its first where there is none. */
  newest(ownerId: OwnerId): Promise<Outcome<OpenUserKey>>;
  open(ownerId: OwnerId, gen: number): Promise<Outcome<OpenUserKey>>;
}

interface Ports {
  readonly userKeys: UserKeyStore;
  readonly cipher: Pick<Cipher, 'random'>;
  readonly clock: () => number;
  readonly atRest: AtRestKeys;
}

const FIRST_GENERATION = 1;

export function createUserKeys({ userKeys, cipher, clock, atRest }: Ports): UserKeys {
  const openRow = async (row: UserKeyRow): Promise<Outcome<OpenUserKey>> => {
    try {
      return ok({ gen: row.gen, key: await openUserKey(atRest.byKid, row, row.key) });
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      return refuse(
        'user_key_unavailable',
        `The user key of generation ${row.gen} cannot be opened with at-rest key ${row.kid}; an operator must check the at-rest keys.`,
      );
    }
  };
  const create = async (ownerId: OwnerId): Promise<void> => {
    const key = cipher.random(USER_KEY_BYTES);
    try {
      const sealed = await sealUserKey(cipher, atRest.newest, { ownerId, gen: FIRST_GENERATION }, key);
      await userKeys.add({ ownerId, gen: FIRST_GENERATION, key: sealed, kid: atRest.newest.kid }, clock());
    } finally {
      key.fill(0);
    }
  };
  return {
    newest: async (ownerId) => {
      const known = await userKeys.newest(ownerId);
      if (known) return await openRow(known);
      await create(ownerId);
      // Two concurrent first writes make two keys; the stored one counts.
      const kept = await userKeys.newest(ownerId);
      if (!kept) throw new Error('a user key that was just stored is not there');
      return await openRow(kept);
    },
    open: async (ownerId, gen) => {
      const row = await userKeys.find(ownerId, gen);
      return row
        ? await openRow(row)
        : refuse('user_key_unavailable', `There is no user key of generation ${gen}; it must be restored.`);
    },
  };
}
