/**
 * Connections to the database: SQLite in a file, or PostgreSQL. Zone 1; docs/design.md#database. Only this file
 * and the migrations know how they differ.
 */
import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Dialect } from './migrations.ts';
import { makePrivate } from './private-file.ts';

export interface DatabaseOptions {
  /** `sqlite:/path/file.db` or `postgres://…`. */
  readonly url: string;
  /** Path of better_sqlite3.node; if absent, the package's own. */
  readonly sqliteAddon?: string | undefined;
  /** The file is full at this many pages; tests simulate a full disk with it. */
  readonly sqliteMaxPages?: number | undefined;
  /** Statement time-out, for work that nobody waits for; if absent, that of a request. */
  readonly statementMs?: number | undefined;
}

const SQLITE = 'sqlite:';
/** How long a statement blocks this process if another one has locked the file: every request waits with it. */
const SQLITE_BUSY_MS = 400;
const WAIT_MS = 5_000;

/** What a pragma needs of the native driver. */
interface SqliteConnection {
  pragma(text: string): unknown;
}

/** Milliseconds since 1970 and counts are far below 2^53. */
export function numbersForInt8(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}

function silent(): void {
  return undefined;
}
const shared = {
  // An error's message must not show what was to be written.
  compileSqlOnError: false,
  acquireConnectionTimeout: WAIT_MS,
  // Knex prints failures; they are also thrown, and logged where they are caught.
  log: { warn: silent, error: silent, deprecate: silent, debug: silent },
} as const satisfies Knex.Config;

function sqliteConfig({
  url,
  sqliteAddon: nativeBinding,
  sqliteMaxPages,
  statementMs = SQLITE_BUSY_MS,
}: DatabaseOptions): Knex.Config {
  return {
    ...shared,
    client: 'better-sqlite3',
    connection: {
      filename: url.slice(SQLITE.length),
      ...(nativeBinding === undefined ? {} : { options: { nativeBinding } }),
    },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: SqliteConnection, done: (error: unknown, connection: unknown) => void) => {
        try {
          connection.pragma(`busy_timeout = ${statementMs}`);
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
  };
}

function postgresConfig({ url: connectionString, statementMs = WAIT_MS }: DatabaseOptions): Knex.Config {
  return {
    ...shared,
    client: 'pg',
    connection: {
      connectionString,
      application_name: 'twofold-console',
      keepAlive: true,
      connectionTimeoutMillis: WAIT_MS,
      statement_timeout: statementMs,
      lock_timeout: WAIT_MS,
      query_timeout: 2 * statementMs,
      idle_in_transaction_session_timeout: 2 * statementMs,
      types: numbersForInt8(),
      // knex hands all of it to pg, whose type names `lock_timeout`; knex's own does not.
    } satisfies pg.ClientConfig as Knex.PgConnectionConfig,
    pool: { min: 0, max: 10 },
  };
}

interface Connection {
  readonly db: Knex;
  readonly dialect: Dialect;
}

/** Path of the file; undefined for PostgreSQL. */
export function sqliteFile({ url }: DatabaseOptions): string | undefined {
  return url.startsWith(SQLITE) ? url.slice(SQLITE.length) : undefined;
}

/** Connects at the first statement. Throws if a file is not, and cannot be made, private to this user. */
export function connect(options: DatabaseOptions): Connection {
  const file = sqliteFile(options);
  const dialect = file === undefined ? 'postgresql' : 'sqlite';
  if (file !== undefined) makePrivate(file);
  return { dialect, db: knex(dialect === 'sqlite' ? sqliteConfig(options) : postgresConfig(options)) };
}
