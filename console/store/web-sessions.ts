/** Sessions of the page. Zone 1; docs/design.md#page. */
import type { Knex } from 'knex';
import type { WebSessionRow, WebSessionStore } from '../core/stores.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { ownerId } from './rows.ts';

export interface WebSession {
  id_hash: string;
  owner_id: string;
  opened_at: number;
  seen_at: number;
}

export function readWebSession(row: WebSession): WebSessionRow {
  return {
    idHash: row.id_hash,
    ownerId: ownerId(row.owner_id),
    openedAt: row.opened_at,
    seenAt: row.seen_at,
  };
}

export function createWebSessionStore(db: Knex, records: Records): WebSessionStore {
  const sessions = createRecordTable<WebSession>(db, records, 'web_sessions');
  const rows = () => db<WebSession>('web_sessions');
  return {
    insert: ({ idHash, ownerId: owner_id, openedAt: opened_at, seenAt: seen_at }) =>
      sessions.insert({ id_hash: idHash, owner_id, opened_at, seen_at }),
    find: async (idHash) => {
      const row = await sessions.find({ id_hash: idHash });
      return row && readWebSession(row);
    },
    touch: async (idHash, now) => {
      await sessions.amend({ id_hash: idHash }, () => ({ seen_at: now }));
    },
    delete: async (idHash) => {
      await rows().where({ id_hash: idHash }).delete();
    },
    keepNewest: async (id, keep) => {
      const newest = rows()
        .where({ owner_id: id })
        .orderBy('opened_at', 'desc')
        .orderBy('id_hash')
        .limit(keep)
        .select('id_hash');
      await rows().where({ owner_id: id }).whereNotIn('id_hash', newest).delete();
    },
    deleteEnded: async ({ opened, seen }) => {
      await rows().where('opened_at', '<=', opened).orWhere('seen_at', '<=', seen).delete();
    },
  };
}
