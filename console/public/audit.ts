/** `/audit`: the caller's own records. Zone 1; docs/design.md#audit. */
import { parseSecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { createFindSubject, type AuditRow, type AuditStore } from '../core/audit.ts';
import type { SecretStore } from '../core/stores.ts';
import { instant, parseQuery, type OwnerOf, type Routes } from './routes.ts';
import { auditQuery } from './schemas.ts';

interface Ports {
  readonly ownerOf: OwnerOf;
  readonly audit: Pick<AuditStore, 'list'>;
  readonly secrets: Pick<SecretStore, 'find'>;
}

/** A record as it leaves the console. */
export function auditItem(row: AuditRow): object {
  return {
    id: String(row.id),
    at: instant(row.at),
    actor: row.actor,
    action: row.action,
    outcome: row.outcome,
    code: row.code ?? null,
    asserted: row.asserted ?? null,
    dryRun: row.dryRun ?? false,
    names: row.names ?? null,
    nameCount: row.nameCount ?? null,
    secretIds: row.secretIds ?? null,
    version: row.version ?? null,
    namespace: row.ns ?? null,
    pod: row.pod ?? null,
    podUid: row.podUid ?? null,
    kid: row.kid ?? null,
    sid: row.sid ?? null,
    jti: row.jti ?? null,
  };
}

export function createAuditRoutes({ ownerOf, audit, secrets }: Ports): Pick<Routes, 'listAudit'> {
  const findSubject = createFindSubject(secrets);
  return {
    listAudit: async (request) => {
      const query = parseQuery(auditQuery, request);
      if (!query.ok) return query;
      const { limit, after, secret, session } = query.value;
      const ownerId = ownerOf(request);
      const page = { limit, after: after === undefined ? undefined : Number(after), session };
      const about = await findSubject(ownerId, parseSecretName(secret));
      const rows = await audit.list(ownerId, { ...page, ...about });
      return ok({ status: 200, body: { items: rows.map(auditItem) } });
    },
  };
}
