/**
 * Deleting everything of one owner, in one transaction; its audit records stay. Zone 1;
 * docs/design.md#administration.
 */
import type { Knex } from 'knex';
import type { OwnerId } from '#envelope/names.ts';
import type { LoginClaim } from '../core/stores.ts';
import { createAuditStore } from './audit.ts';
import { countLoginsOf, forgetLoginsOf, ownersThatCarried } from './logins.ts';
import type { Owner } from './owners.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { ownerId, secretId, secretName } from './rows.ts';

/** Rows that go, in this order: each table refers to those behind it. */
const deletedTables = ['sessions', 'tickets', 'reservations', 'secrets', 'user_keys'] as const;
/** In a row of `logins` the owner's place stays, without its id. */
export const ownedTables = [...deletedTables, 'logins'] as const;
type OwnedTable = (typeof ownedTables)[number];
export type OwnedCounts = Readonly<Record<OwnedTable, number>>;

export interface KnownOwner {
  readonly id: OwnerId;
  readonly issuer: string;
  readonly sub: string;
}

export interface Offboarding {
  find(id: OwnerId): Promise<KnownOwner | undefined>;
  /** Every owner that ever logged in with this. */
  carriers(claim: LoginClaim): Promise<KnownOwner[]>;
  count(id: OwnerId): Promise<OwnedCounts>;
  /** When it was offboarded; undefined if it was not. */
  doneAt(id: OwnerId): Promise<number | undefined>;
  /** All or nothing. Undefined if there is no such owner. */
  delete(id: OwnerId, now: number): Promise<OwnedCounts | undefined>;
}

function readOwner({ id, issuer, sub }: Owner): KnownOwner {
  return { id: ownerId(id), issuer, sub };
}

async function deleteAll(
  db: Knex,
  records: Records,
  { id, now }: { id: OwnerId; now: number },
): Promise<OwnedCounts | undefined> {
  // A write first: SQLite lets nobody else write from here on.
  if ((await db<Owner>('owners').where({ id }).update({ id })) === 0) return undefined;
  // PostgreSQL: nobody adds a row of this owner until the end.
  await db<Owner>('owners').where({ id }).forUpdate().first('id');
  // As a claim does: tickets before sessions, or each could wait for the other.
  await db('tickets').where({ owner_id: id }).orderBy('jti').forUpdate().select('jti');
  const secrets = await db<{ id: string; name: string; owner_id: string }>('secrets')
    .where({ owner_id: id })
    .select('id', 'name');
  const counts = { sessions: 0, tickets: 0, reservations: 0, secrets: 0, user_keys: 0, logins: 0 };
  for (const table of deletedTables) counts[table] = await db(table).where({ owner_id: id }).delete();
  counts.logins = await forgetLoginsOf(db, records, id);
  await db<Owner>('owners').where({ id }).delete();
  await createAuditStore(db).append({
    at: now,
    ownerId: id,
    actor: 'operator',
    action: 'offboard',
    outcome: 'done',
    names: secrets.map(({ name }) => secretName(name)),
    secretIds: secrets.map((secret) => secretId(secret.id)),
  });
  return counts;
}

export function createOffboarding(db: Knex, records: Records): Offboarding {
  return {
    find: async (id) => {
      const row = await createRecordTable<Owner>(db, records, 'owners').find({ id });
      return row && readOwner(row);
    },
    carriers: async (claim) => {
      const ids = await ownersThatCarried(db, records, claim);
      const rows = await db<Owner>('owners').whereIn('id', ids).orderBy('id').select();
      return createRecordTable<Owner>(db, records, 'owners').read(rows).map(readOwner);
    },
    count: async (id) => {
      const counts = { sessions: 0, tickets: 0, reservations: 0, secrets: 0, user_keys: 0, logins: 0 };
      for (const table of deletedTables) {
        const [row] = await db<{ owner_id: string }>(table).where({ owner_id: id }).count({ rows: '*' });
        counts[table] = Number(row?.['rows']);
      }
      counts.logins = await countLoginsOf(db, id);
      return counts;
    },
    doneAt: async (id) => {
      const columns = { owner_id: id, action: 'offboard', outcome: 'done' };
      const row = await db<{ owner_id: string; action: string; outcome: string; at: number }>('audit')
        .where(columns)
        .first('at');
      return row?.at;
    },
    delete: (id, now) => db.transaction((transaction) => deleteAll(transaction, records, { id, now })),
  };
}
