/** Tickets, and how often they were used. Zone 1; design §4. */
import type { Knex } from 'knex';
import type { TicketRow, TicketStore } from '../core/stores.ts';
import { list, maybe, ownerId, podPattern, same, secretName } from './rows.ts';

export interface Ticket {
  jti: string;
  owner_id: string;
  ns: string;
  sa: string;
  secrets: string;
  pod: string | null;
  uses: number | null;
  used: number;
  launcher: string | null;
  issued_at: number;
  exp: number;
  revoked_at: number | null;
}

/** At one time: each ticket that is issued makes room for more than itself. */
const MAX_DELETED = 100;

export const readTicket = (row: Ticket): TicketRow => ({
  ...{ jti: row.jti, ownerId: ownerId(row.owner_id), ns: row.ns, sa: row.sa },
  ...{ secrets: list.read(row.secrets, secretName), pod: maybe(row.pod, podPattern) },
  ...{ uses: maybe(row.uses, same), used: row.used, launcher: maybe(row.launcher, same) },
  ...{ issuedAt: row.issued_at, exp: row.exp, revokedAt: maybe(row.revoked_at, same) },
});

export const createTicketStore = (db: Knex): TicketStore => {
  const tickets = () => db<Ticket>('tickets');
  return {
    insert: async (row) => {
      await tickets().insert({
        ...{ jti: row.jti, owner_id: row.ownerId, ns: row.ns, sa: row.sa, secrets: list.write(row.secrets) },
        ...{ pod: row.pod ?? null, uses: row.uses ?? null, used: row.used, launcher: row.launcher ?? null },
        ...{ issued_at: row.issuedAt, exp: row.exp, revoked_at: row.revokedAt ?? null },
      });
    },
    find: async (jti) => {
      const row = await tickets().where({ jti }).first();
      return row && readTicket(row);
    },
    list: async (id, { limit, after }) => {
      const mark =
        after === undefined ? undefined : await tickets().where({ owner_id: id, jti: after }).first();
      const query = tickets().where({ owner_id: id }).orderBy('issued_at', 'desc').orderBy('jti', 'desc');
      const behind = mark && query.whereRaw('(issued_at, jti) < (?, ?)', [mark.issued_at, mark.jti]);
      const rows = await (behind ?? query).limit(limit);
      return rows.map(readTicket);
    },
    revoke: async (id, jti, now) =>
      (await tickets()
        .where({ jti, owner_id: id })
        .update({ revoked_at: db.raw('coalesce(revoked_at, ?)', [now]) })) === 1,
    countLive: async (id, now) => {
      const [row] = await tickets()
        .where({ owner_id: id })
        .whereNull('launcher')
        .whereNull('revoked_at')
        .where('exp', '>', now)
        .count({ live: '*' });
      return Number(row?.['live']);
    },
    deleteEnded: async (id, now, keep) => {
      const ended = tickets()
        .where({ owner_id: id })
        .where((ticket) => void ticket.where('exp', '<=', now).orWhereNotNull('revoked_at'))
        .whereNotExists(db('sessions').select(db.raw('1')).whereRaw('sessions.jti = tickets.jti'))
        .orderBy('issued_at', 'desc')
        .orderBy('jti')
        .select('jti');
      const jtis = (await ended.limit(MAX_DELETED).offset(keep)).map(({ jti }) => jti);
      if (jtis.length > 0) await tickets().whereIn('jti', jtis).delete();
    },
    use: async (jti) =>
      (await tickets()
        .where({ jti })
        .whereNull('revoked_at')
        .whereRaw('(uses is null or used < uses)')
        .increment('used', 1)) === 1,
    lockLive: async (jti) =>
      (await tickets().where({ jti }).whereNull('revoked_at').forUpdate().first('jti')) !== undefined,
  };
};
