/** Tickets, and how often they were used. Zone 1; docs/design.md#tickets. */
import type { Knex } from 'knex';
import type { TicketRow, TicketStore } from '../core/stores.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { list, maybe, ownerId, podPattern, same, secretName } from './rows.ts';

export interface Ticket {
  jti: string;
  owner_id: string;
  hash: string;
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

/** Per call: each ticket issued frees room for more than itself. */
const MAX_DELETED = 100;

export function readTicket(row: Ticket): TicketRow {
  return {
    jti: row.jti,
    ownerId: ownerId(row.owner_id),
    hash: row.hash,
    ns: row.ns,
    sa: row.sa,
    secrets: list.read(row.secrets, secretName),
    pod: maybe(row.pod, podPattern),
    uses: maybe(row.uses, same),
    used: row.used,
    launcher: maybe(row.launcher, same),
    issuedAt: row.issued_at,
    exp: row.exp,
    revokedAt: maybe(row.revoked_at, same),
  };
}

export function createTicketStore(db: Knex, records: Records): TicketStore {
  const tickets = createRecordTable<Ticket>(db, records, 'tickets');
  const rows = () => db<Ticket>('tickets');
  return {
    insert: (row) =>
      tickets.insert({
        jti: row.jti,
        owner_id: row.ownerId,
        hash: row.hash,
        ns: row.ns,
        sa: row.sa,
        secrets: list.write(row.secrets),
        pod: row.pod ?? null,
        uses: row.uses ?? null,
        used: row.used,
        launcher: row.launcher ?? null,
        issued_at: row.issuedAt,
        exp: row.exp,
        revoked_at: row.revokedAt ?? null,
      }),
    find: async (jti) => {
      const row = await tickets.find({ jti });
      return row && readTicket(row);
    },
    list: async (id, { limit, after, before, naming, liveAt }) => {
      const at = before ?? after;
      const mark = at === undefined ? undefined : await tickets.find({ jti: at });
      const own = mark?.owner_id === id ? mark : undefined;
      if (before !== undefined && !own) return [];
      const order = before === undefined ? 'desc' : 'asc';
      const query = rows().where({ owner_id: id }).orderBy('issued_at', order).orderBy('jti', order);
      // Not LIKE, which ignores case in SQLite. A name in quotes is in the list only as itself.
      if (naming !== undefined) void query.whereRaw("replace(secrets, ?, '') <> secrets", [`"${naming}"`]);
      if (liveAt !== undefined) {
        void query.whereNull('launcher').whereNull('revoked_at').where('exp', '>', liveAt);
        void query.whereRaw('(uses is null or used < uses)');
      }
      const beyond = before === undefined ? '<' : '>';
      if (own) void query.whereRaw(`(issued_at, jti) ${beyond} (?, ?)`, [own.issued_at, own.jti]);
      const found = tickets.read(await query.limit(limit)).map(readTicket);
      return before === undefined ? found : found.reverse();
    },
    revoke: async (id, jti, now) => {
      const row = await tickets.lock({ jti });
      if (row?.owner_id !== id) return false;
      return await tickets.amend({ jti }, ({ revoked_at }) => ({ revoked_at: revoked_at ?? now }));
    },
    countLive: async (id, now) => {
      const [row] = await rows()
        .where({ owner_id: id })
        .whereNull('launcher')
        .whereNull('revoked_at')
        .where('exp', '>', now)
        .count({ live: '*' });
      return Number(row?.['live']);
    },
    deleteEnded: async (id, now, keep) => {
      const ended = rows()
        .where({ owner_id: id })
        .where((ticket) => void ticket.where('exp', '<=', now).orWhereNotNull('revoked_at'))
        .whereNotExists(db('sessions').select(db.raw('1')).whereRaw('sessions.jti = tickets.jti'))
        .orderBy('issued_at', 'desc')
        .orderBy('jti')
        .select('jti');
      const jtis = (await ended.limit(MAX_DELETED).offset(keep)).map(({ jti }) => jti);
      if (jtis.length > 0) await rows().whereIn('jti', jtis).delete();
    },
    use: (jti) =>
      tickets.amend({ jti }, ({ revoked_at, uses, used }) =>
        revoked_at === null && (uses === null || used < uses) ? { used: used + 1 } : undefined,
      ),
    lockLive: async (jti) => (await tickets.lock({ jti }))?.revoked_at === null,
  };
}
