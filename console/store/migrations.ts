/**
 * The schema, as migrations that a bundle can carry. Zone 1; docs/design.md#database. Times are milliseconds
 * since 1970 and lists are JSON, so that SQLite and PostgreSQL hold the same.
 */
import type { Knex } from 'knex';

export type Dialect = 'sqlite' | 'postgresql';

/** Names sort by their characters on both databases, whatever the server's locale is. */
const nameType: Readonly<Record<Dialect, string>> = {
  sqlite: 'varchar(253)',
  postgresql: 'varchar(253) collate "C"',
};

async function createOwners(knex: Knex): Promise<void> {
  await knex.schema.createTable('owners', (table) => {
    table.uuid('id').primary();
    table.text('issuer').notNullable();
    table.text('sub').notNullable();
    table.text('kind').notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('mac').notNullable();
    table.unique(['issuer', 'sub']);
  });
  await knex.schema.createTable('user_keys', (table) => {
    table.uuid('owner_id').notNullable().references('owners.id');
    table.integer('gen').notNullable();
    table.text('key').notNullable();
    table.text('kid').notNullable();
    table.bigInteger('created_at').notNullable();
    table.primary(['owner_id', 'gen']);
  });
  // No foreign key: an offboarded owner stays counted among the carriers.
  await knex.schema.createTable('logins', (table) => {
    table.uuid('id').primary();
    table.text('issuer').notNullable();
    table.text('claim').notNullable();
    table.text('value').notNullable();
    table.text('carriers').notNullable();
    table.bigInteger('count').notNullable();
    table.bigInteger('oldest_at').notNullable().index();
    table.bigInteger('last_at').notNullable();
    table.text('mac').notNullable();
    table.unique(['claim', 'value', 'issuer']);
  });
}

async function createSecrets(knex: Knex, name: string): Promise<void> {
  await knex.schema.createTable('secrets', (table) => {
    table.uuid('id').primary();
    table.uuid('owner_id').notNullable().references('owners.id');
    table.specificType('name', name).notNullable();
    table.integer('version').notNullable();
    table.integer('gen').notNullable();
    table.text('salt').notNullable();
    table.text('envelope').notNullable();
    table.text('kid').notNullable().index();
    table.integer('size').notNullable();
    table.boolean('env_safe').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('modified_at').notNullable();
    table.bigInteger('expires_at');
    table.bigInteger('last_used_at');
    table.unique(['owner_id', 'name']);
  });
  await knex.schema.createTable('reservations', (table) => {
    table.uuid('secret_id').notNullable();
    table.text('salt').notNullable();
    table.uuid('owner_id').notNullable().references('owners.id').index();
    table.specificType('name', name).notNullable();
    table.integer('version').notNullable();
    table.integer('gen').notNullable();
    table.bigInteger('until').notNullable();
    table.primary(['secret_id', 'salt']);
  });
  await knex.schema.createTable('keys', (table) => {
    table.text('kid').primary();
    table.text('use').notNullable();
    table.text('state').notNullable();
    table.bigInteger('since').notNullable();
    table.text('mac').notNullable();
  });
}

async function createSessions(knex: Knex): Promise<void> {
  await knex.schema.createTable('tickets', (table) => {
    table.uuid('jti').primary();
    table.uuid('owner_id').notNullable().references('owners.id');
    table.text('hash').notNullable();
    table.text('ns').notNullable();
    table.text('sa').notNullable();
    table.text('secrets').notNullable();
    table.text('pod');
    table.bigInteger('uses');
    table.bigInteger('used').notNullable();
    table.text('launcher');
    table.bigInteger('issued_at').notNullable();
    table.bigInteger('exp').notNullable();
    table.bigInteger('revoked_at');
    table.text('mac').notNullable();
    table.index(['owner_id', 'issued_at', 'jti']);
  });
  await knex.schema.createTable('sessions', (table) => {
    table.specificType('sid', 'char(32)').primary();
    table.uuid('jti').notNullable().references('tickets.jti');
    table.uuid('owner_id').notNullable().references('owners.id');
    table.text('ns').notNullable();
    table.text('sa').notNullable();
    table.text('secrets').notNullable();
    table.integer('versions').notNullable();
    table.text('ticket_hash').notNullable();
    table.boolean('ticket_on_pod').notNullable();
    table.text('launcher_annotation');
    table.text('launcher_user');
    table.bigInteger('opened_at').notNullable();
    table.bigInteger('exp').notNullable();
    table.text('pod');
    table.text('pod_uid');
    table.bigInteger('first_claim_at');
    table.bigInteger('last_claim_at');
    table.bigInteger('claims').notNullable();
    table.text('mac').notNullable();
    table.index(['jti', 'opened_at']);
    // Everything the quotas count by, so that no row is read for them.
    table.index(['owner_id', 'pod_uid', 'exp', 'versions']);
  });
}

/** No foreign keys: a record outlives its subject. */
async function createAudit(knex: Knex): Promise<void> {
  await knex.schema.createTable('audit', (table) => {
    table.bigIncrements('id');
    table.bigInteger('at').notNullable();
    table.uuid('owner_id');
    table.text('actor').notNullable();
    table.text('action').notNullable();
    table.text('outcome').notNullable();
    table.text('code');
    table.text('asserted');
    table.boolean('dry_run').notNullable();
    table.text('names');
    table.integer('name_count');
    table.text('secret_ids');
    table.integer('version');
    table.text('ns');
    table.text('pod');
    table.text('pod_uid');
    table.text('kid');
    table.text('sid');
    table.text('jti');
    table.index(['owner_id', 'id']);
  });
}

/** What the retention sweep and the audit export look for. */
async function indexTimes(knex: Knex): Promise<void> {
  await knex.schema.alterTable('audit', (table) => table.index(['at', 'id']));
  await knex.schema.alterTable('tickets', (table) => table.index(['exp']));
  await knex.schema.alterTable('sessions', (table) => table.index(['exp']));
}

/** Sessions of the page go with their owner. */
async function createWebSessions(knex: Knex): Promise<void> {
  await knex.schema.createTable('web_sessions', (table) => {
    table.text('id_hash').primary();
    table.uuid('owner_id').notNullable().references('owners.id').onDelete('CASCADE').index();
    table.bigInteger('opened_at').notNullable();
    table.bigInteger('seen_at').notNullable();
    table.text('mac').notNullable();
  });
}

async function addNotes(knex: Knex): Promise<void> {
  await knex.schema.alterTable('secrets', (table) => table.text('note'));
}

interface Migration {
  readonly name: string;
  readonly up: (knex: Knex, dialect: Dialect) => Promise<void>;
}

const migrations: readonly Migration[] = [
  {
    name: '0001-first',
    up: async (knex, dialect) => {
      await createOwners(knex);
      await createSecrets(knex, nameType[dialect]);
      await createSessions(knex);
      await createAudit(knex);
    },
  },
  { name: '0002-times', up: indexTimes },
  { name: '0003-web-sessions', up: createWebSessions },
  { name: '0004-notes', up: addNotes },
];

export const migrationNames: readonly string[] = migrations.map(({ name }) => name);

export function migrationSource(dialect: Dialect): Knex.MigrationSource<Migration> {
  return {
    getMigrations: () => Promise.resolve([...migrations]),
    getMigrationName: ({ name }) => name,
    getMigration: ({ up }) =>
      Promise.resolve({
        up: (knex) => up(knex, dialect),
        down: () => Promise.reject(new Error('migrations cannot be undone: restore the backup')),
      }),
  };
}
