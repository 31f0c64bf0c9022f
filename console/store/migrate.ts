/** Brings the schema up to date, one console at a time. Zone 1; docs/design.md#database. */
import type { Knex } from 'knex';
import { setTimeout as wait } from 'node:timers/promises';
import { migrationNames, migrationSource, type Dialect } from './migrations.ts';

/** An arbitrary constant: consoles that start at the same time migrate one after the other. */
const ADVISORY_LOCK = 7_470_211_301;
const WAIT_MS = 60_000;
const SQLITE_TRIES = 50;
const SQLITE_WAIT_MS = 100;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
}

/**
 * Knex's own lock stays behind if a console is killed while it migrates. This one goes with its connection, so
 * its holder may remove the other.
 */
function migratePostgres(db: Knex, config: Knex.MigratorConfig): Promise<void> {
  return db.transaction(async (holder) => {
    await holder.raw(`set local lock_timeout = ${WAIT_MS}`);
    await holder.raw(`set local statement_timeout = ${WAIT_MS}`);
    await holder.raw('set local idle_in_transaction_session_timeout = 0');
    await holder.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK]);
    await db.migrate.forceFreeMigrationsLock(config);
    await db.migrate.latest(config);
  });
}

/** All in one transaction, which is rolled back whole if the console is killed. */
async function migrateSqlite(db: Knex, config: Knex.MigratorConfig): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await db.transaction(async (transaction) => {
        // A write comes first: it waits for, and then keeps out, anyone else who migrates this file.
        await transaction.raw('pragma user_version = 1');
        await transaction.migrate.latest({ ...config, disableTransactions: true });
      });
      return;
    } catch (error) {
      if (!isBusy(error) || tries === SQLITE_TRIES) throw error;
      await wait(SQLITE_WAIT_MS);
    }
  }
}

export async function migrate(db: Knex, dialect: Dialect): Promise<void> {
  const config = { migrationSource: migrationSource(dialect), tableName: 'migrations' };
  await (dialect === 'sqlite' ? migrateSqlite(db, config) : migratePostgres(db, config));
}

/** Throws, with the next step, unless the database has exactly this program's schema. Changes nothing. */
export async function expectSchema(db: Knex): Promise<void> {
  if (!(await db.schema.hasTable('migrations'))) {
    throw new Error('this is not a console’s database: check its address, or start the console once');
  }
  const rows = await db<{ name: string }>('migrations').select('name').orderBy('id');
  const found = rows.map(({ name }) => name);
  const missing = migrationNames.find((name) => !found.includes(name));
  if (missing !== undefined)
    throw new Error(`the database lacks ${missing}: start the console of this version`);
  const foreign = found.find((name) => !migrationNames.includes(name));
  if (foreign !== undefined) throw new Error(`the database has ${foreign}: use the version that created it`);
}
