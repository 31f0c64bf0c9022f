/** Sessions: opened by `resolve`, bound to one pod by its first `claim`. Zone 1; docs/design.md#flow. */
import type { Knex } from 'knex';
import type { OpenSessions, SessionRow, SessionSecret, SessionStore } from '../core/stores.ts';
import { createRecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { list, maybe, ownerId, salt, same, secretId, secretName, sessionId } from './rows.ts';

export interface Session {
  sid: string;
  jti: string;
  owner_id: string;
  ns: string;
  sa: string;
  secrets: string;
  /** How many `secrets` there are. */
  versions: number;
  ticket_hash: string;
  /** SQLite has no booleans. */
  ticket_on_pod: boolean | 0 | 1;
  launcher_annotation: string | null;
  launcher_user: string | null;
  opened_at: number;
  exp: number;
  pod: string | null;
  pod_uid: string | null;
  first_claim_at: number | null;
  last_claim_at: number | null;
  claims: number;
}

function writeSecret({ salt: bytes, ...rest }: SessionSecret): object {
  return {
    ...rest,
    salt: salt.write(bytes),
  };
}

function readSecret(item: unknown): SessionSecret {
  // Written by `writeSecret` alone.
  const { ownerId: owner, id, name, version, gen, salt: text } = item as Record<keyof SessionSecret, unknown>;
  return {
    ownerId: ownerId(owner),
    id: secretId(id),
    name: secretName(name),
    version: Number(version),
    gen: Number(gen),
    salt: salt.read(String(text)),
  };
}

export function readSession(row: Session): SessionRow {
  const { launcher_annotation: annotation, launcher_user: user } = row;
  return {
    sid: sessionId(row.sid),
    jti: row.jti,
    ownerId: ownerId(row.owner_id),
    ns: row.ns,
    sa: row.sa,
    secrets: list.read(row.secrets, readSecret),
    ticketHash: row.ticket_hash,
    ticketOnPod: Boolean(row.ticket_on_pod),
    launcher: annotation === null || user === null ? undefined : { annotation, user },
    openedAt: row.opened_at,
    exp: row.exp,
    pod: maybe(row.pod, same),
    podUid: maybe(row.pod_uid, same),
    claims: row.claims,
    firstClaimAt: maybe(row.first_claim_at, same),
    lastClaimAt: maybe(row.last_claim_at, same),
  };
}

export function createSessionStore(db: Knex, records: Records): SessionStore {
  const sessions = createRecordTable<Session>(db, records, 'sessions');
  const open = (id: string, now: number): Knex.QueryBuilder =>
    db('sessions').where({ owner_id: id }).whereNull('pod_uid').where('exp', '>', now);
  const counted = async (query: Knex.QueryBuilder): Promise<OpenSessions> => {
    const found: unknown = await query.count({ open: '*' }).sum({ versions: 'versions' });
    // PostgreSQL returns both as text.
    const [row] = found as { open: number | string; versions: number | string | null }[];
    return { sessions: Number(row?.open), versions: Number(row?.versions ?? 0) };
  };
  return {
    insert: (row) =>
      sessions.insert({
        sid: row.sid,
        jti: row.jti,
        owner_id: row.ownerId,
        ns: row.ns,
        sa: row.sa,
        secrets: list.write(row.secrets.map(writeSecret)),
        versions: row.secrets.length,
        ticket_hash: row.ticketHash,
        ticket_on_pod: row.ticketOnPod,
        launcher_annotation: row.launcher?.annotation ?? null,
        launcher_user: row.launcher?.user ?? null,
        opened_at: row.openedAt,
        exp: row.exp,
        pod: row.pod ?? null,
        pod_uid: row.podUid ?? null,
        first_claim_at: row.firstClaimAt ?? null,
        last_claim_at: row.lastClaimAt ?? null,
        claims: row.claims,
      }),
    find: async (sid) => {
      const row = await sessions.find({ sid });
      return row && readSession(row);
    },
    existsFor: async (jti, pod) => (await sessions.find({ jti, pod })) !== undefined,
    bind: (sid, { name, uid }, now) =>
      sessions.amend({ sid }, ({ pod_uid }) =>
        pod_uid === null
          ? { pod: name, pod_uid: uid, first_claim_at: now, last_claim_at: now, claims: 1 }
          : undefined,
      ),
    claimAgain: (sid, podUid, now) =>
      sessions.amend({ sid }, ({ pod_uid, claims }) =>
        pod_uid === podUid ? { last_claim_at: now, claims: claims + 1 } : undefined,
      ),
    countOpen: (id, now) => counted(open(id, now)),
    countClaimable: (id, now) =>
      counted(
        open(id, now).whereNotExists(
          db('tickets')
            .whereRaw('tickets.jti = sessions.jti')
            .where((ticket) => void ticket.whereNotNull('revoked_at').orWhereRaw('used >= uses')),
        ),
      ),
    ofTickets: async (jtis, limit) => {
      const place = db.raw('row_number() over (partition by jti order by opened_at desc, sid) as place');
      const rows = await db<Session & { place: number }>('numbered')
        .with('numbered', db<Session>('sessions').whereIn('jti', jtis).select('*', place))
        .where('place', '<=', limit)
        .orderBy('opened_at', 'desc')
        .orderBy('sid');
      return sessions.read(rows).map(readSession);
    },
  };
}
