/**
 * The claims of logins: one row for each value, with every owner that ever had it. Zone 1;
 * docs/design.md#records. With a row for each owner, deleting one would make the value mean the
 * other owner.
 */
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { OwnerId } from '#envelope/names.ts';
import type { LoginCarrier, LoginClaim, LoginStore } from '../core/stores.ts';
import { createRecordTable, type RecordTable } from './record-table.ts';
import type { Records } from './records.ts';
import { list, ownerId } from './rows.ts';

export interface Login {
  id: string;
  issuer: string;
  claim: string;
  value: string;
  /** JSON list of `Carrier`. */
  carriers: string;
  /** How many there have ever been. */
  count: number;
  /** Of the carrier that has not logged in for the longest time. */
  oldest_at: number;
  /** Of the carrier that has logged in last. */
  last_at: number;
}

interface Carrier {
  /** From 1, never reused. */
  readonly number: number;
  /** Null once the owner has been offboarded. */
  readonly owner: string | null;
  readonly firstAt: number;
  readonly lastAt: number;
}

function readCarriers({ carriers }: Login): Carrier[] {
  return list.read(carriers, (item) => item as Carrier);
} // sealed

function writeCarriers(carriers: readonly Carrier[]): Pick<Login, 'carriers' | 'oldest_at' | 'last_at'> {
  const times = carriers.map(({ lastAt }) => lastAt);
  return { carriers: list.write(carriers), oldest_at: Math.min(...times), last_at: Math.max(...times) };
}

function carry(row: Login, owner: OwnerId, now: number): Partial<Login> {
  const carriers = readCarriers(row);
  if (carriers.some((carrier) => carrier.owner === owner)) {
    const seen = carriers.map((carrier) => (carrier.owner === owner ? { ...carrier, lastAt: now } : carrier));
    return writeCarriers(seen);
  }
  const count = row.count + 1;
  return {
    count,
    ...writeCarriers([...carriers, { number: count, owner, firstAt: now, lastAt: now }]),
  };
}

/** A provider never reassigns a `sub`: no offboarded owner can be meant. */
function meant({ claim }: Login, { owner }: Carrier): boolean {
  return owner !== null || claim !== 'sub';
}

function toCarrier({ owner, lastAt }: Carrier): LoginCarrier {
  return {
    ownerId: owner === null ? undefined : ownerId(owner),
    lastAt,
  };
}

export function readLogin(row: Login): readonly LoginCarrier[] {
  return readCarriers(row)
    .filter((carrier) => meant(row, carrier))
    .map(toCarrier);
}

function loginTable(db: Knex, records: Records): RecordTable<Login> {
  return createRecordTable(db, records, 'logins');
}

/** Rows are always locked in this order, so that two that change the same rows cannot deadlock. */
function byClaim(a: LoginClaim, b: LoginClaim): number {
  return a.claim + a.value < b.claim + b.value ? -1 : 1;
}

export function createLoginStore(db: Knex, records: Records): LoginStore {
  const logins = loginTable(db, records);
  return {
    record: async (issuer, id, claims, now) => {
      for (const { claim, value } of claims.toSorted(byClaim)) {
        const key = { issuer, claim, value };
        const add = (row: Login): Partial<Login> => carry(row, id, now);
        if (await logins.amend(key, add)) continue;
        const empty = { carriers: list.write([]), count: 0, oldest_at: now, last_at: now };
        await logins.insertIfNew({ id: randomUUID(), ...key, ...empty }, ['issuer', 'claim', 'value']);
        if (!(await logins.amend(key, add))) throw new Error('a login that was just stored is not there');
      }
    },
    carriers: async (issuer, { claim, value }) => {
      const row = await logins.find({ issuer, claim, value });
      return row ? readLogin(row) : [];
    },
  };
}

/** Every owner that ever had it, at any issuer, and has not been offboarded. */
export async function ownersThatCarried(
  db: Knex,
  records: Records,
  { claim, value }: LoginClaim,
): Promise<OwnerId[]> {
  const rows: object[] = await db<Login>('logins').where({ claim, value }).select();
  const carriers = loginTable(db, records).read(rows).flatMap(readLogin);
  return [...new Set(carriers.flatMap(({ ownerId: id }) => id ?? []))];
}

/** An id is hexadecimal digits and hyphens: nothing in it is a wildcard. */
function carriedBy(db: Knex, id: OwnerId): Knex.QueryBuilder {
  return db('logins').where('carriers', 'like', `%"${id}"%`);
}

export async function countLoginsOf(db: Knex, id: OwnerId): Promise<number> {
  const counted: unknown = await carriedBy(db, id).count({ rows: '*' });
  const [row] = counted as { rows: number }[]; // the result of count
  return Number(row?.rows);
}

/** Removes the owner from every row but leaves its number, so that the value never means anyone else. */
export async function forgetLoginsOf(db: Knex, records: Records, id: OwnerId): Promise<number> {
  const logins = loginTable(db, records);
  const found: unknown = await carriedBy(db, id).select('id', 'claim', 'value');
  const rows = found as Pick<Login, 'id' | 'claim' | 'value'>[]; // as selected
  for (const row of rows.toSorted(byClaim)) {
    await logins.amend({ id: row.id }, (login) => ({
      carriers: list.write(
        readCarriers(login).map((carrier) => (carrier.owner === id ? { ...carrier, owner: null } : carrier)),
      ),
    }));
  }
  return rows.length;
}

/**
 * Removes carriers that have not logged in since, and rows with none left; at most `limit` rows. A row that is
 * not authentic stays for the operator to look at.
 */
export function pruneLogins(
  db: Knex,
  records: Records,
  { before, limit }: { before: number; limit: number },
): Promise<number> {
  return db.transaction(async (transaction) => {
    const logins = loginTable(transaction, records);
    const old: unknown = await transaction('logins')
      .where('oldest_at', '<', before)
      .orderBy('id')
      .limit(limit)
      .forUpdate()
      .select();
    let count = 0;
    // A row as the database returned it; its content is used only once its MAC has been verified.
    for (const row of old as Login[]) {
      if (!records.fits('logins', row)) continue;
      const left = readCarriers(row).filter(({ lastAt }) => lastAt >= before);
      if (left.length > 0) await logins.amend({ id: row.id }, () => writeCarriers(left));
      else await transaction('logins').where({ id: row.id }).delete();
      count += 1;
    }
    return count;
  });
}
