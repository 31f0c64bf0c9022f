/**
 * A table of authentic rows: the only way in which stores read and write them. Zone 1; docs/design.md#records.
 * Every row read is verified, and compared with what was requested: not even a database that returns another
 * authentic row is believed.
 */
import type { Knex } from 'knex';
import { recordColumns, type Records, type RecordTableName } from './records.ts';

export interface RecordTable<R extends object> {
  /** The row with these columns. Throws a RecordError if it is not authentic. */
  find(where: Partial<R>): Promise<R | undefined>;
  /** The same, locked until the transaction ends: shared, or for update. */
  lock(where: Partial<R>, mode?: 'share' | 'update'): Promise<R | undefined>;
  /** The rows that a query of the caller's finds, all verified; the query selects every column. */
  read(rows: readonly object[]): R[];
  insert(row: R): Promise<void>;
  /** Does nothing if there is a row with the same values of `unique`. */
  insertIfNew(row: R, unique: readonly (keyof R & string)[]): Promise<void>;
  /** Changes the row under a lock. False if there is none, or `change` returns nothing. */
  amend(where: Partial<R>, change: (row: R) => Partial<R> | undefined): Promise<boolean>;
}

/** `R` has the columns of `recordColumns`, as both databases return them. */
export function createRecordTable<R extends object>(
  db: Knex,
  records: Records,
  table: RecordTableName,
): RecordTable<R> {
  const names: readonly string[] = recordColumns[table];
  const sealed = (row: object): object => {
    const columns = Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
    return { ...columns, mac: records.seal(table, columns) };
  };
  const verified = (row: object, where: Partial<R> = {}): R => {
    records.demand(table, row);
    const found = row as R; // its MAC shows that it was written as one
    // The keys of a Partial<R> are R's.
    const asked = Object.keys(where) as (keyof R)[];
    if (!asked.every((name) => found[name] === where[name])) throw records.broken(table, row);
    return found;
  };
  const first = async (query: Knex.QueryBuilder, where: Partial<R>): Promise<R | undefined> => {
    const row: unknown = await query.where(where).first();
    return typeof row === 'object' && row !== null ? verified(row, where) : undefined;
  };
  const lock: RecordTable<R>['lock'] = (where, mode = 'update') =>
    first(mode === 'share' ? db(table).forShare() : db(table).forUpdate(), where);
  return {
    find: (where) => first(db(table), where),
    lock,
    read: (rows) => rows.map((row) => verified(row)),
    insert: async (row) => {
      await db(table).insert(sealed(row));
    },
    insertIfNew: async (row, unique) => {
      await db(table)
        .insert(sealed(row))
        .onConflict([...unique])
        .ignore();
    },
    amend: async (where, change) => {
      const row = await lock(where);
      const changed = row && change(row);
      if (!changed) return false;
      const { mac } = row as R & { mac: string }; // it has been verified
      // If the row was not locked, a concurrent change is not overwritten.
      const count: unknown = await db(table)
        .where({ ...where, mac })
        .update(sealed({ ...row, ...changed }));
      return count === 1;
    },
  };
}
