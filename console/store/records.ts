/**
 * Rows that confer authority are authentic: each has a MAC under the record key, which is not in the database.
 * Zone 1; docs/design.md#records. The column `mac` is `<kid>.<tag>`; the key is the one that `kid` names,
 * never found by trial.
 *
 * tag = base64url(HMAC-SHA256(record key, fields)), where the fields are, in this order
 *
 * | field | value |
 * |---|---|
 * | label | `twofold/record/v1` |
 * | table | its name |
 * | for each column of `recordColumns`: name, value | numbers in decimal, true as 1, false as 0 |
 *
 * and each is one byte, 0 for null, 1 for text, 2 for a number, then, except for null, its length in bytes (32 bits,
 * big-endian) and itself. Changing a column of numbers to text must not make 9 greater than 10.
 */
import { createHmac } from 'node:crypto';
import { utf8 } from '#envelope/bytes.ts';
import { byKid } from '#envelope/cipher.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { isStorable } from '../core/owners.ts';
import { RecordError, type BrokenRecord } from '../core/record-error.ts';
import type { OctKey } from '../key-files.ts';
import { rowName } from './inspection.ts';

/** Every column except `mac`, of every table that has one. A test compares them with the database. */
export const recordColumns = {
  owners: ['id', 'issuer', 'sub', 'kind', 'created_at'],
  logins: ['id', 'issuer', 'claim', 'value', 'carriers', 'count', 'oldest_at', 'last_at'],
  tickets: [
    ...(['jti', 'owner_id', 'hash', 'ns', 'sa', 'secrets', 'pod', 'uses', 'used'] as const),
    ...(['launcher', 'issued_at', 'exp', 'revoked_at'] as const),
  ],
  sessions: [
    ...(['sid', 'jti', 'owner_id', 'ns', 'sa', 'secrets', 'versions', 'ticket_hash'] as const),
    'ticket_on_pod',
    ...(['launcher_annotation', 'launcher_user', 'opened_at', 'exp', 'pod', 'pod_uid'] as const),
    ...(['first_claim_at', 'last_claim_at', 'claims'] as const),
  ],
  web_sessions: ['id_hash', 'owner_id', 'opened_at', 'seen_at'],
  keys: ['kid', 'use', 'state', 'since'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RecordTableName = keyof typeof recordColumns;

export function isRecordTable(table: string): table is RecordTableName {
  return Object.hasOwn(recordColumns, table);
}

export interface Records {
  /** The `mac` of a row with these columns, under the newest key. */
  seal(table: RecordTableName, row: object): string;
  /** Whether the row is as it was sealed. */
  fits(table: RecordTableName, row: object): boolean;
  /** Throws a RecordError, and reports it, if the MAC does not match the row. */
  demand(table: RecordTableName, row: object): void;
  /** For a row that cannot be the right one whatever its MAC: reports it, and returns the error to throw. */
  broken(table: RecordTableName, row: object): RecordError;
}

const LABEL = 'twofold/record/v1';

function field(value: string | number | null): readonly Uint8Array[] {
  if (value === null) return [Uint8Array.of(0)];
  const bytes = Buffer.from(String(value), 'utf8');
  const head = Buffer.alloc(5);
  head.writeUInt8(typeof value === 'number' ? 2 : 1, 0);
  head.writeUInt32BE(bytes.length, 1);
  return [head, bytes];
}

/** SQLite returns 1 for true. Undefined: no database would return this for a column that the console wrote. */
function valueOf(value: unknown): string | number | null | undefined {
  if (typeof value === 'string') return isStorable(value) ? value : undefined;
  if (value === null) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** Undefined if a column is missing, or holds something that the console never writes. */
function encode(table: RecordTableName, row: object): Uint8Array | undefined {
  const columns = row as Readonly<Record<string, unknown>>; // each is checked
  const parts = [...field(LABEL), ...field(table)];
  for (const name of recordColumns[table]) {
    const value = valueOf(columns[name]);
    if (value === undefined) return undefined;
    parts.push(...field(name), ...field(value));
  }
  return Buffer.concat(parts);
}

function macOf({ kid, key }: OctKey, fields: Uint8Array): string {
  return `${kid}.${createHmac('sha256', key).update(fields).digest('base64url')}`;
}

/** `keys`: newest first. */
export function createRecords(
  keys: readonly [OctKey, ...OctKey[]],
  onBroken: (record: BrokenRecord) => void = () => undefined,
): Records {
  const [newest] = keys;
  const known = byKid(keys);
  const fits = (table: RecordTableName, row: object): boolean => {
    const mac = 'mac' in row && typeof row.mac === 'string' ? row.mac : '';
    const key = known.get(mac.split('.', 1)[0] ?? '');
    const fields = encode(table, row);
    return key !== undefined && fields !== undefined && nodeCipher.equal(utf8(macOf(key, fields)), utf8(mac));
  };
  const broken = (table: RecordTableName, row: object): RecordError => {
    const record = { table, row: rowName(table, row) };
    onBroken(record);
    return new RecordError(record);
  };
  return {
    seal: (table, row) => {
      const fields = encode(table, row);
      if (!fields) throw new Error(`a row of ${table} is written with a column that cannot be sealed`);
      return macOf(newest, fields);
    },
    fits,
    demand: (table, row) => {
      if (!fits(table, row)) throw broken(table, row);
    },
    broken,
  };
}
