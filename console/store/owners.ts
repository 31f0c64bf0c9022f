/** Owners, their user keys and their logins. Zone 1; design §4. */
import type { Knex } from 'knex';
import type { LoginStore, OwnerStore, UserKeyRow, UserKeyStore } from '../core/stores.ts';
import { kid, ownerId } from './rows.ts';

interface Owner {
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

interface Login {
  owner_id: string;
  claim: string;
  value: string;
  first_at: number;
  last_at: number;
}

export const createOwnerStore = (db: Knex): OwnerStore => {
  const find = ({ issuer, sub }: { issuer: string; sub: string }) =>
    db<Owner>('owners').where({ issuer, sub }).first('id');
  return {
    findOrCreate: async (identity, { id, now }) => {
      const known = await find(identity);
      if (known) return ownerId(known.id);
      await db<Owner>('owners')
        .insert({ ...identity, id, kind: 'user', created_at: now })
        .onConflict(['issuer', 'sub'])
        .ignore();
      return ownerId((await find(identity))?.id);
    },
    lock: async (id) => {
      await db<Owner>('owners').where({ id }).forUpdate().first('id');
    },
  };
};

export const readUserKey = (row: UserKey): UserKeyRow => ({
  ...{ ownerId: ownerId(row.owner_id), gen: row.gen, key: row.key, kid: kid(row.kid) },
});

export const createUserKeyStore = (db: Knex): UserKeyStore => ({
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
});

export const createLoginStore = (db: Knex): LoginStore => ({
  record: async (id, claims, now) => {
    if (claims.length === 0) return;
    const rows = claims.map(({ claim, value }) => ({
      owner_id: id,
      claim,
      value,
      first_at: now,
      last_at: now,
    }));
    await db<Login>('logins').insert(rows).onConflict(['owner_id', 'claim', 'value']).merge({ last_at: now });
  },
  carriers: async ({ claim, value }) => {
    const rows = await db<Login>('logins').where({ claim, value }).select('owner_id', 'last_at');
    return rows.map((row) => ({ ownerId: ownerId(row.owner_id), lastAt: row.last_at }));
  },
});
