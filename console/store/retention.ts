/**
 * Expired rows: counted, and deleted in small steps. Zone 1; docs/design.md#clean-up. The rule is
 * in core/retention.ts.
 */
import type { Knex } from 'knex';
import type { BoundSession, Horizons, Prunable, RetentionStore } from '../core/retention.ts';
import { pruneLogins } from './logins.ts';
import type { Records } from './records.ts';
import { sessionId } from './rows.ts';

interface Bound {
  sid: string;
  ns: string;
  pod: string;
  pod_uid: string;
}

const keyOf = {
  sessions: ['sid'],
  tickets: ['jti'],
  reservations: ['secret_id', 'salt'],
  audit: ['id'],
} as const satisfies Record<Exclude<Prunable, 'logins'>, readonly string[]>;

/** One condition of several, in brackets. */
function either(...conditions: readonly ((builder: Knex.QueryBuilder) => Knex.QueryBuilder)[]) {
  return (builder: Knex.QueryBuilder): void => {
    for (const condition of conditions) void builder.or.where((inner) => void condition(inner));
  };
}

/** Without the record key no login can be removed from its row: pruning logins then throws. */
export function createRetentionStore(db: Knex, records: Records | undefined): RetentionStore {
  const ended = (query: Knex.QueryBuilder, { sessions }: Horizons): Knex.QueryBuilder =>
    query.where(
      either(
        (ticket) => ticket.where('tickets.exp', '<', sessions),
        (ticket) => ticket.where('tickets.revoked_at', '<', sessions),
      ),
    );

  /** Of ended tickets, and unused since the horizon. */
  const quietSessions = (at: Horizons): Knex.QueryBuilder =>
    ended(db('sessions').join('tickets', 'tickets.jti', 'sessions.jti'), at)
      .where('sessions.exp', '<', at.sessions)
      .where('sessions.opened_at', '<', at.sessions)
      .where(
        either(
          (session) => session.whereNull('sessions.last_claim_at'),
          (session) => session.where('sessions.last_claim_at', '<', at.sessions),
        ),
      );
  const unclaimable = (at: Horizons): Knex.QueryBuilder =>
    quietSessions(at).where(
      either(
        (session) => session.whereNull('sessions.pod_uid'),
        (session) => session.whereNotNull('tickets.revoked_at'),
      ),
    );
  const bound = (at: Horizons): Knex.QueryBuilder =>
    quietSessions(at).whereNotNull('sessions.pod_uid').whereNull('tickets.revoked_at');

  const endedTickets = (at: Horizons, keptSessions: Knex.QueryBuilder): Knex.QueryBuilder =>
    ended(db('tickets'), at).whereNotExists(keptSessions.whereRaw('kept.jti = tickets.jti'));

  const older = (table: 'logins' | 'audit', column: string, before: number | undefined): Knex.QueryBuilder =>
    before === undefined ? db(table).whereRaw('1 = 0') : db(table).where(column, '<', before);

  /** What may go now; with `whole`, also what may go once the rest has gone. */
  const matching = (what: Prunable, at: Horizons, whole: boolean): Knex.QueryBuilder => {
    switch (what) {
      case 'sessions':
        return unclaimable(at);
      case 'tickets': {
        const kept = db('sessions as kept').select(db.raw('1'));
        const going = unclaimable(at).select('sessions.sid');
        return endedTickets(at, whole ? kept.whereNotIn('kept.sid', going) : kept);
      }
      case 'reservations':
        return db('reservations').where('until', '<=', at.now);
      case 'logins':
        return older('logins', 'oldest_at', at.logins);
      case 'audit':
        return older('audit', 'at', at.audit);
    }
  };

  const countOf = async (query: Knex.QueryBuilder): Promise<number> => {
    const counted: unknown = await query.count({ rows: '*' });
    const [row] = counted as { rows: number }[]; // the result of count
    return Number(row?.rows);
  };

  const forget = async ({ logins: before }: Horizons, limit: number): Promise<number> => {
    if (before === undefined) return 0;
    if (!records) throw new Error('without the record key no login can be pruned');
    return await pruneLogins(db, records, { before, limit });
  };

  return {
    count: (what, at) => countOf(matching(what, at, true)),
    prune: async (what, at, limit) => {
      if (what === 'logins') return await forget(at, limit);
      const columns = keyOf[what];
      const some = matching(what, at, false)
        .select(columns.map((column) => `${what}.${column}`))
        .limit(limit);
      const names = columns.map((column) => `"${column}"`).join(', ');
      return await db(what).whereRaw(`(${names}) in ?`, [some]).delete();
    },
    countBound: (at) => countOf(bound(at)),
    listBound: async (at, { limit, after }) => {
      const columns = ['sid', 'ns', 'pod', 'pod_uid'].map((column) => `sessions.${column}`);
      const query = bound(at).select(columns).orderBy('sessions.sid').limit(limit);
      const page: unknown = await (after === undefined ? query : query.where('sessions.sid', '>', after));
      const rows = page as Bound[]; // as selected
      return rows.map(({ sid, ns, pod, pod_uid: podUid }): BoundSession => {
        return { sid: sessionId(sid), ns, pod, podUid };
      });
    },
    deleteBound: ({ sid, podUid }) => db('sessions').where({ sid, pod_uid: podUid }).delete(),
  };
}
