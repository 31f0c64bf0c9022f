/**
 * The database: migrations at start, stores, transactions. Zone 1; docs/design.md#database. SQLite in a file,
 * or PostgreSQL; the rest of the console does not know which.
 */
import type { Knex } from 'knex';
import type { Outcome } from '../core/outcome.ts';
import type { RetentionStore } from '../core/retention.ts';
import type { Database, Stores } from '../core/stores.ts';
import { createAuditStore } from './audit.ts';
import { connect, type DatabaseOptions } from './connection.ts';
import { DatabaseError, toDatabaseError } from './failure.ts';
import { createKeyStore } from './keys.ts';
import { migrate } from './migrate.ts';
import type { Dialect } from './migrations.ts';
import { createLoginStore } from './logins.ts';
import { createOwnerStore, createUserKeyStore } from './owners.ts';
import type { Records } from './records.ts';
import { createRetentionStore } from './retention.ts';
import { createReservationStore, createSecretStore } from './secrets.ts';
import { createSessionStore } from './sessions.ts';
import { createTicketStore } from './tickets.ts';
import { createWebSessionStore } from './web-sessions.ts';

export interface OpenDatabase extends Database {
  readonly retention: RetentionStore;
  /** Rejects if the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The same store, with the driver's errors as DatabaseError. It must happen here: a driver's ECONNRESET looks like that
 * of a client that hung up, once it has left the store.
 */
function withOwnErrors<S extends object>(store: S): S {
  return Object.fromEntries(
    // A store has functions that return promises, and nothing else.
    Object.entries(store).map(([name, call]: [string, (...given: unknown[]) => Promise<unknown>]) => [
      name,
      async (...given: unknown[]): Promise<unknown> => {
        try {
          return await call(...given);
        } catch (error) {
          throw toDatabaseError(error);
        }
      },
    ]),
  ) as S;
}

function storesOf(db: Knex, records: Records): Stores {
  return {
    owners: withOwnErrors(createOwnerStore(db, records)),
    userKeys: withOwnErrors(createUserKeyStore(db)),
    secrets: withOwnErrors(createSecretStore(db)),
    reservations: withOwnErrors(createReservationStore(db)),
    tickets: withOwnErrors(createTicketStore(db, records)),
    sessions: withOwnErrors(createSessionStore(db, records)),
    logins: withOwnErrors(createLoginStore(db, records)),
    keys: withOwnErrors(createKeyStore(db, records)),
    audit: withOwnErrors(createAuditStore(db)),
    webSessions: withOwnErrors(createWebSessionStore(db, records)),
  };
}

/** Carries a refusal out of the transaction that it rolls back. */
class RolledBack extends Error {}

/** Of a commit: SQLite has then rolled back, but a server may have committed before its answer was lost. */
function toCommitError(error: unknown, dialect: Dialect): unknown {
  const known = toDatabaseError(error);
  return dialect === 'postgresql' && known instanceof DatabaseError && known.code === 'unavailable'
    ? new DatabaseError('uncertain', known.driverCode, error)
    : known;
}

async function write<T>(
  { db, dialect, records }: { readonly db: Knex; readonly dialect: Dialect; readonly records: Records },
  work: (stores: Stores) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  let refused: Outcome<never> | undefined;
  let failure: unknown;
  let done: boolean | undefined;
  try {
    return await db.transaction(async (transaction) => {
      try {
        const outcome = await work(storesOf(transaction, records));
        if (outcome.ok) {
          done = true;
          return outcome;
        }
        refused = outcome;
      } catch (error) {
        failure = error;
      }
      throw new RolledBack();
    });
  } catch (error) {
    // A full disk ends the transaction by itself: the rollback then fails too, without saying why.
    if (refused) return refused;
    throw failure ?? (done ? toCommitError(error, dialect) : toDatabaseError(error));
  }
}

/** Opens and migrates. Rejects if the database cannot be reached, or is not a console's. */
export async function openDatabase(options: DatabaseOptions, records: Records): Promise<OpenDatabase> {
  const { db, dialect } = connect(options);
  try {
    await migrate(db, dialect);
  } catch (error) {
    await db.destroy();
    throw toDatabaseError(error);
  }
  return {
    ...storesOf(db, records),
    retention: withOwnErrors(createRetentionStore(db, records)),
    write: (work) => write({ db, dialect, records }, work),
    check: async () => {
      await db.raw('select 1');
    },
    close: () => db.destroy(),
  };
}
