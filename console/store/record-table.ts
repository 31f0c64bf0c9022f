/**
 * A table of authentic rows: the one way in which stores read and write them. Zone 1; docs/design.md#records.
 * What was read is verified, and is what was asked for: not even a database that answers with another row of
 * ours is believed.
 */
import type { Knex } from 'knex';
import { recordColumns, type Records, type RecordTableName } from './records.ts';

export interface RecordTable<R extends object> {
  /** The row with these columns. Throws a RecordError where it is not authentic. */
  find(where: Partial<R>): Promise<R | undefined>;
  /** The same, held until the transaction ends: against changes, or for oneself. */
  lock(where: Partial<R>, mode?: 'share' | 'update'): Promise<R | undefined>;
  /** What a query of one's own has found, all of it verified; the query selects every column. */
  read(rows: readonly object[]): R[];
  insert(row: R): Promise<void>;
  /** Leaves what is there with the same values of `unique`. */
  insertIfNew(row: R, unique: readonly (keyof R & string)[]): Promise<void>;
  /** Changes the row, held meanwhile. False where there is none, or `change` gives nothing. */
  amend(where: Partial<R>, change: (row: R) => Partial<R> | undefined): Promise<boolean>;
}

/** `R` has the columns of `recordColumns`, as both databases give them. */
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
    const found = row as R; // its MAC says that it was written as one
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
      // Nobody writes over what came meanwhile, where the row was not held.
      const count: unknown = await db(table)
        .where({ ...where, mac })
        .update(sealed({ ...row, ...changed }));
      return count === 1;
    },
  };
}
