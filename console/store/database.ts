/**
 * The database: connection, migrations at start, transactions. Zone 1; design §4. SQLite in a file, or PostgreSQL; the
 * rest of the console does not know which.
 */
import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Outcome, Refused } from '../core/outcome.ts';
import type { Database, Stores } from '../core/stores.ts';
import { createAuditStore } from './audit.ts';
import { toDatabaseError } from './failure.ts';
import { createKeyStore } from './keys.ts';
import { migrate } from './migrate.ts';
import type { Dialect } from './migrations.ts';
import { createLoginStore, createOwnerStore, createUserKeyStore } from './owners.ts';
import { createReservationStore, createSecretStore } from './secrets.ts';
import { createSessionStore } from './sessions.ts';
import { createTicketStore } from './tickets.ts';

export interface DatabaseOptions {
  /** `sqlite:/path/file.db` or `postgres://…`. */
  readonly url: string;
  /** Path of better_sqlite3.node; the package's own where absent. */
  readonly sqliteAddon?: string | undefined;
  /** The file is full at this many pages: how tests fill a disk. */
  readonly sqliteMaxPages?: number | undefined;
}

export interface OpenDatabase extends Database {
  /** Rejects when the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const SQLITE = 'sqlite:';
/** How long a statement blocks this process where another one holds the file: every request waits with it. */
const SQLITE_BUSY_MS = 400;
const WAIT_MS = 5_000;

/** What the native driver offers that a pragma needs. */
interface SqliteConnection {
  pragma(text: string): unknown;
}

/** Milliseconds since 1970 and counts are far below 2^53. */
const numbersForInt8 = (): Knex.PgCustomTypesConfig => {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  // Knex types the same interface by hand.
  return types as unknown as Knex.PgCustomTypesConfig;
};

const silent = (): void => undefined;
const shared = {
  // An error's message must not show what was to be written.
  compileSqlOnError: false,
  acquireConnectionTimeout: WAIT_MS,
  // Knex prints what fails; it is thrown as well, and logged where it is caught.
  log: { warn: silent, error: silent, deprecate: silent, debug: silent },
} as const satisfies Knex.Config;

const sqliteConfig = ({ url, sqliteAddon: nativeBinding, sqliteMaxPages }: DatabaseOptions): Knex.Config => ({
  ...shared,
  client: 'better-sqlite3',
  connection: {
    filename: url.slice(SQLITE.length),
    ...(nativeBinding === undefined ? {} : { options: { nativeBinding } }),
  },
  useNullAsDefault: true,
  pool: {
    ...{ min: 1, max: 1 },
    afterCreate: (connection: SqliteConnection, done: (error: unknown, connection: unknown) => void) => {
      try {
        connection.pragma(`busy_timeout = ${SQLITE_BUSY_MS}`);
        connection.pragma('journal_mode = WAL');
        connection.pragma('synchronous = FULL');
        connection.pragma('foreign_keys = ON');
        if (sqliteMaxPages !== undefined) connection.pragma(`max_page_count = ${sqliteMaxPages}`);
        done(null, connection);
      } catch (error) {
        done(error, connection);
      }
    },
  },
});

const postgresConfig = (connectionString: string): Knex.Config => ({
  ...shared,
  client: 'pg',
  connection: {
    connectionString,
    application_name: 'twofold-console',
    keepAlive: true,
    connectionTimeoutMillis: WAIT_MS,
    ...{ statement_timeout: WAIT_MS, lock_timeout: WAIT_MS, query_timeout: 2 * WAIT_MS },
    idle_in_transaction_session_timeout: 2 * WAIT_MS,
    types: numbersForInt8(),
  },
  pool: { min: 0, max: 10 },
});

const storesOf = (db: Knex): Stores => ({
  owners: createOwnerStore(db),
  userKeys: createUserKeyStore(db),
  secrets: createSecretStore(db),
  reservations: createReservationStore(db),
  tickets: createTicketStore(db),
  sessions: createSessionStore(db),
  logins: createLoginStore(db),
  keys: createKeyStore(db),
  audit: createAuditStore(db),
});

/** Carries a refusal out of the transaction that it rolls back. */
class RolledBack extends Error {}

const write = async <T>(db: Knex, work: (stores: Stores) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
  let refused: Refused | undefined;
  let failure: unknown;
  try {
    return await db.transaction(async (transaction) => {
      try {
        const outcome = await work(storesOf(transaction));
        if (outcome.ok) return outcome;
        refused = outcome;
      } catch (error) {
        failure = error;
      }
      throw new RolledBack();
    });
  } catch (error) {
    // A full disk ends the transaction by itself: the rollback then fails too, and says nothing of the reason.
    if (refused) return refused;
    throw failure ?? error;
  }
};

/** Opens and migrates. Rejects when the database cannot be reached, or holds what is no database of ours. */
export const openDatabase = async (options: DatabaseOptions): Promise<OpenDatabase> => {
  const dialect: Dialect = options.url.startsWith(SQLITE) ? 'sqlite' : 'postgresql';
  const config = dialect === 'sqlite' ? sqliteConfig(options) : postgresConfig(options.url);
  const db = knex(config);
  try {
    await migrate(db, dialect);
  } catch (error) {
    await db.destroy();
    throw toDatabaseError(error);
  }
  return {
    ...storesOf(db),
    write: (work) => write(db, work),
    check: async () => {
      await db.raw('select 1');
    },
    close: () => db.destroy(),
  };
};
