/** Sessions of the page. Zone 1; design §4. */
import type { Knex } from 'knex';
import type { WebSessionRow, WebSessionStore } from '../core/web-sessions.ts';
import { ownerId } from './rows.ts';

export interface WebSession {
  id: string;
  owner_id: string;
  opened_at: number;
  seen_at: number;
}

export const readWebSession = (row: WebSession): WebSessionRow => ({
  ...{ id: row.id, ownerId: ownerId(row.owner_id), openedAt: row.opened_at, seenAt: row.seen_at },
});

export const createWebSessionStore = (db: Knex): WebSessionStore => {
  const sessions = () => db<WebSession>('web_sessions');
  return {
    insert: async ({ id, ownerId: owner_id, openedAt: opened_at, seenAt: seen_at }) => {
      await sessions().insert({ id, owner_id, opened_at, seen_at });
    },
    find: async (id) => {
      const row = await sessions().where({ id }).first();
      return row && readWebSession(row);
    },
    touch: async (id, now) => {
      await sessions().where({ id }).update({ seen_at: now });
    },
    delete: async (id) => {
      await sessions().where({ id }).delete();
    },
    keepNewest: async (id, keep) => {
      const newest = sessions()
        .where({ owner_id: id })
        .orderBy('opened_at', 'desc')
        .orderBy('id')
        .limit(keep)
        .select('id');
      await sessions().where({ owner_id: id }).whereNotIn('id', newest).delete();
    },
    deleteEnded: async ({ opened, seen }) => {
      await sessions().where('opened_at', '<=', opened).orWhere('seen_at', '<=', seen).delete();
    },
  };
};
