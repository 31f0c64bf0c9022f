/**
 * Every row as stored, page by page, for the operator's commands. Zone 1;
 * docs/design.md#administration. Reads only.
 */
import type { Knex } from 'knex';
import { parseKid } from '#envelope/names.ts';
import type { AuditRow } from '../core/audit.ts';
import { readAudit, type Audit } from './audit.ts';

/** Every table, with its key columns; envelope keys first, since secrets are compared with them. */
export const keyColumns = {
  keys: ['kid'],
  owners: ['id'],
  user_keys: ['owner_id', 'gen'],
  secrets: ['id'],
  reservations: ['secret_id', 'salt'],
  tickets: ['jti'],
  sessions: ['sid'],
  logins: ['id'],
  web_sessions: ['id_hash'],
  audit: ['id'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type TableName = keyof typeof keyColumns;

export const tableNames = Object.keys(keyColumns) as readonly TableName[]; // its type loses the keys

export type Row = Readonly<Record<string, unknown>>;

/** UUIDs, session ids, hashes, numbers. */
const id =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64}|\d{1,15})$/;
function isId(table: TableName, value: string): boolean {
  return table === 'keys' ? parseKid(value) !== undefined : id.test(value);
}

/** The row's key, as far as it consists of ids: anything else in a key column is not shown. */
export function rowName(table: TableName, row: object): string {
  const columns = row as Row; // each is checked
  const ids = keyColumns[table]
    .map((column) => String(columns[column]))
    .filter((value) => isId(table, value));
  return ids.length > 0 ? ids.join(' ') : 'without a readable id';
}

export interface Inspection {
  /** All rows, in the order of their keys, with one page at a time in memory. */
  pages(table: TableName): AsyncGenerator<readonly Row[]>;
  find(table: TableName, column: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** How many rows have each kid. */
  carriers(table: 'secrets' | 'user_keys'): Promise<readonly { kid: string; rows: number }[]>;
  /** Oldest first, starting at this time. */
  auditSince(since: number): AsyncGenerator<readonly AuditRow[]>;
}

const PAGE = 100;
const AUDIT_PAGE = 1_000;

export function createInspection(db: Knex): Inspection {
  return {
    pages: async function* (table) {
      const columns: readonly string[] = keyColumns[table];
      const names = columns.map((column) => `"${column}"`).join(', ');
      const places = columns.map(() => '?').join(', ');
      for (let last: Row | undefined; ;) {
        const query = db<Row>(table)
          .orderBy(columns.map((column) => ({ column })))
          .limit(PAGE);
        const values = columns.map((column) => last?.[column] as string); // as the driver gave it
        const rows: Row[] = await (last ? query.whereRaw(`(${names}) > (${places})`, values) : query);
        if (rows.length > 0) yield rows;
        last = rows.at(-1);
        if (rows.length < PAGE) return;
      }
    },
    find: (table, column, values) => db<Row>(table).whereIn(column, values as string[]), // as the driver gave them
    carriers: async (table) => {
      const rows = await db<{ kid: string }>(table).groupBy('kid').select('kid').count({ rows: '*' });
      return rows.map(({ kid, rows: count }) => ({ kid, rows: Number(count) }));
    },
    auditSince: async function* (since) {
      for (let last: AuditRow | undefined; ;) {
        const query = db<Audit>('audit').orderBy(['at', 'id']).limit(AUDIT_PAGE).where('at', '>=', since);
        const rows = await (last ? query.whereRaw('(at, id) > (?, ?)', [last.at, last.id]) : query);
        const page = rows.map(readAudit);
        if (page.length > 0) yield page;
        last = page.at(-1);
        if (page.length < AUDIT_PAGE) return;
      }
    },
  };
}
