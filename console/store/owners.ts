/** Owners and their user keys. Zone 1; docs/design.md#database. */
import type { Knex } from 'knex';
import type { OwnerId } from '#envelope/names.ts';
import type { OwnerStore, UserKeyRow, UserKeyStore } from '../core/stores.ts';
import { createLoginStore } from './logins.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { kid, ownerId } from './rows.ts';

export interface Owner {
  id: string;
  issuer: string;
  sub: string;
  kind: string;
  created_at: number;
}

export interface UserKey {
  owner_id: string;
  gen: number;
  key: string;
  kid: string;
  created_at: number;
}

interface Identity {
  readonly issuer: string;
  readonly sub: string;
}

export function createOwnerStore(db: Knex, records: Records): OwnerStore {
  const owners = createRecordTable<Owner>(db, records, 'owners');
  const logins = createLoginStore(db, records);
  /** Locked until the transaction ends: what it records of this owner must not come after the owner's deletion. */
  const find = async (identity: Identity): Promise<OwnerId | undefined> => {
    const row = await owners.lock(identity, 'share');
    return row && ownerId(row.id);
  };
  /** Throws if this identity had an owner whose row no longer says so: another one must not take its place. */
  const demandNew = async ({ issuer, sub }: Identity): Promise<OwnerId | undefined> => {
    const carriers = await logins.carriers(issuer, { claim: 'sub', value: sub });
    const before = carriers.find((carrier) => carrier.ownerId !== undefined);
    if (!before) return undefined;
    // A concurrent login has created it.
    const known = await find({ issuer, sub });
    if (!known) throw records.broken('owners', { id: before.ownerId });
    return known;
  };
  return {
    findOrCreate: async ({ issuer, sub }, { id, now }) => {
      const identity = { issuer, sub };
      const known = (await find(identity)) ?? (await demandNew(identity));
      if (known) return known;
      await owners.insertIfNew({ ...identity, id, kind: 'user', created_at: now }, ['issuer', 'sub']);
      return ownerId(await find(identity));
    },
    lock: async (id) => {
      await owners.lock({ id });
    },
  };
}

export function readUserKey(row: UserKey): UserKeyRow {
  return {
    ownerId: ownerId(row.owner_id),
    gen: row.gen,
    key: row.key,
    kid: kid(row.kid),
  };
}

export function createUserKeyStore(db: Knex): UserKeyStore {
  return {
    add: async ({ ownerId: owner_id, gen, key, kid: keyId }, now) => {
      await db<UserKey>('user_keys')
        .insert({ owner_id, gen, key, kid: keyId, created_at: now })
        .onConflict(['owner_id', 'gen'])
        .ignore();
    },
    newest: async (id) => {
      const row = await db<UserKey>('user_keys').where({ owner_id: id }).orderBy('gen', 'desc').first();
      return row && readUserKey(row);
    },
    find: async (id, gen) => {
      const row = await db<UserKey>('user_keys').where({ owner_id: id, gen }).first();
      return row && readUserKey(row);
    },
  };
}
