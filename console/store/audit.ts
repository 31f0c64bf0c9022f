/** Audit records, in the order in which they were written. Zone 1; docs/design.md#audit. */
import type { Knex } from 'knex';
import { boundedRecord, type AuditRecord, type AuditRow, type AuditStore } from '../core/audit.ts';
import { kid, list, maybe, ownerId, same, secretId, sessionId } from './rows.ts';

export interface Audit {
  id: number;
  at: number;
  owner_id: string | null;
  actor: string;
  action: AuditRecord['action'];
  outcome: AuditRecord['outcome'];
  code: Exclude<AuditRecord['code'], undefined> | null;
  asserted: string | null;
  dry_run: boolean | number;
  names: string | null;
  name_count: number | null;
  secret_ids: string | null;
  version: number | null;
  ns: string | null;
  pod: string | null;
  pod_uid: string | null;
  kid: string | null;
  sid: string | null;
  jti: string | null;
}

export function readAudit(row: Audit): AuditRow {
  return {
    id: row.id,
    at: row.at,
    ownerId: maybe(row.owner_id, ownerId),
    actor: row.actor,
    action: row.action,
    outcome: row.outcome,
    code: maybe(row.code, same),
    asserted: maybe(row.asserted, same),
    dryRun: Boolean(row.dry_run),
    names: maybe(row.names, (json) => list.read(json, String)),
    nameCount: maybe(row.name_count, same),
    secretIds: maybe(row.secret_ids, (json) => list.read(json, secretId)),
    version: maybe(row.version, same),
    ns: maybe(row.ns, same),
    pod: maybe(row.pod, same),
    podUid: maybe(row.pod_uid, same),
    kid: maybe(row.kid, kid),
    sid: maybe(row.sid, sessionId),
    jti: maybe(row.jti, same),
  };
}

/** Not by `like`: it takes an underscore of a name for a wildcard, and SQLite's ignores case. */
function contains(column: 'secret_ids' | 'names'): string {
  return `replace(${column}, ?, '') <> ${column}`;
}

/** As pages and logs shorten the id of a session, or longer. */
const SESSION_PREFIX = /^[0-9a-f]{8,32}$/;

export function createAuditStore(db: Knex): AuditStore {
  const audit = () => db<Audit>('audit');
  return {
    append: async (given) => {
      const record = boundedRecord(given);
      await audit().insert({
        at: record.at,
        owner_id: record.ownerId ?? null,
        actor: record.actor,
        action: record.action,
        outcome: record.outcome,
        code: record.code ?? null,
        asserted: record.asserted ?? null,
        dry_run: record.dryRun ?? false,
        names: record.names ? list.write(record.names) : null,
        name_count: record.nameCount ?? null,
        secret_ids: record.secretIds ? list.write(record.secretIds) : null,
        version: record.version ?? null,
        ns: record.ns ?? null,
        pod: record.pod ?? null,
        pod_uid: record.podUid ?? null,
        kid: record.kid ?? null,
        sid: record.sid ?? null,
        jti: record.jti ?? null,
      });
    },
    list: async (id, { limit, after, before, secretId: about, name, session }) => {
      const query = audit().where({ owner_id: id }).limit(limit);
      query.orderBy('id', before === undefined ? 'desc' : 'asc');
      if (about !== undefined || name !== undefined)
        query.where((either) => {
          if (about !== undefined) either.orWhereRaw(contains('secret_ids'), [`"${about}"`]);
          if (name !== undefined) either.orWhereRaw(contains('names'), [`"${name}"`]);
        });
      if (session !== undefined)
        query.where((either) => {
          either.orWhere({ pod: session });
          if (SESSION_PREFIX.test(session)) either.orWhere('sid', 'like', `${session}%`);
        });
      if (after !== undefined) query.where('id', '<', after);
      if (before === undefined) return (await query).map(readAudit);
      return (await query.where('id', '>', before)).map(readAudit).reverse();
    },
  };
}
