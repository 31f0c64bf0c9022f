import { join } from 'node:path';
import { expect } from 'chai';
import knex from 'knex';
import pg from 'pg';
import { failureOf } from '../../test/refusal.ts';
import { testPostgres } from '../../test/postgres.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import { createIds } from '../core/ids.ts';
import { parseSecretName } from '#envelope/names.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { ok } from '#envelope/result.ts';
import { refusal, type ApiClient } from '../testing/api-client.ts';
import { databaseKinds, startTestConsole, type TestConsole } from '../testing/console.ts';
import { claim, admit, grantFor, openSession, resolve, ticketFor } from '../testing/session.ts';
import { openDatabase } from './database.ts';
import { DatabaseError, toDatabaseError } from './failure.ts';
import { createRecords } from './records.ts';
import { recordKeys } from '../testing/record-rows.ts';
import { testFolder } from '../../test/folder.ts';

const unavailable = [503, 'database_unavailable'];
const ids = createIds((bytes) => nodeCipher.random(bytes));
const records = createRecords(recordKeys());
function fileOf({ databaseUrl }: TestConsole): string {
  return databaseUrl.replace('sqlite:', '');
}

/** Something that stops a database from writing, and its undoing. */
interface Trouble {
  readonly name: string;
  begin(running: TestConsole): Promise<() => Promise<void>>;
}

const sqliteTroubles: readonly Trouble[] = [
  {
    name: 'locked by another process',
    begin: async (running) => {
      const connection = { filename: fileOf(running) };
      const other = knex({ client: 'better-sqlite3', connection, useNullAsDefault: true });
      await other.raw('begin exclusive');
      return () => other.destroy();
    },
  },
];

const postgresTroubles: readonly Trouble[] = [
  {
    name: 'gone',
    begin: async ({ databaseUrl }) => {
      const server = await testPostgres();
      await server.refuseConnections(databaseUrl, true);
      return () => server.refuseConnections(databaseUrl, false);
    },
  },
  {
    name: 'read-only',
    begin: async ({ databaseUrl }) => {
      const name = new URL(databaseUrl).pathname.slice(1);
      const set = async (value: string): Promise<void> => {
        const client = new pg.Client({ connectionString: databaseUrl });
        await client.connect();
        await client.query('set default_transaction_read_only = off');
        await client.query(`alter database ${name} set default_transaction_read_only = ${value}`);
        await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
          [name],
        );
        await client.end();
      };
      await set('on');
      return () => set('off');
    },
  },
];

for (const kind of databaseKinds) {
  describe(`a database in trouble (${kind})`, () => {
    let running: TestConsole;
    let alice: ApiClient;
    const troubles = kind === 'SQLite' ? sqliteTroubles : postgresTroubles;

    before(async function () {
      this.timeout(60_000);
      running = await startTestConsole(kind);
      alice = await running.as('alice');
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'one' } });
    });
    after(() => running.stop());

    for (const trouble of troubles) {
      it(`that is ${trouble.name} gives 503, leaves nothing half done, and works again afterwards`, async () => {
        const ticket = await ticketFor(alice);
        const session = await openSession(running, { ticket });
        const { token } = admit(running, session);
        const grant = await grantFor(running, session);
        const end = await trouble.begin(running);
        try {
          const write = await alice.call('put', '/secrets/a', { body: { value: 'two' } });
          expect(refusal(write)).to.deep.equal(unavailable);
          expect(write.headers['retry-after']).to.equal('1');
          expect(refusal(await resolve(running, { ticket }))).to.deep.equal(unavailable);
          expect(refusal(await claim(running, { grant, token }))).to.deep.equal(unavailable);
        } finally {
          await end();
        }
        expect((await alice.call('get', '/secrets')).json.items[0]).to.include({ version: 1, size: 3 });
        const [issued] = (await alice.call('get', '/tickets')).json.items;
        expect(issued, 'the claim was not counted').to.include({ used: 0 });
        expect(issued?.sessions, 'no session was opened').to.have.length(1);
        expect((await claim(running, { grant, token })).status).to.equal(200);
      });
    }

    it('keeps everything across a restart, and the bound pod claims again', async () => {
      const ticket = await ticketFor(alice);
      const session = await openSession(running, { ticket });
      const { token } = admit(running, session, { name: 'nb-7' });
      const grant = await grantFor(running, session);
      const first = await claim(running, { grant, token });
      await running.restart();
      expect((await alice.call('get', '/secrets')).json.items).to.have.length(1);
      expect((await claim(running, { grant, token })).json.keys).to.deep.equal(first.json.keys);
    });
  });
}

describe('a full SQLite database', () => {
  it('is recognized, and keeps what it has', async () => {
    const dir = testFolder('database');
    const database = await openDatabase(
      { url: `sqlite:${join(dir, 'full.db')}`, sqliteMaxPages: 60 },
      records,
    );
    const ownerId = ids.owner();
    const add = (): Promise<Outcome<void>> =>
      database.write(async ({ owners, audit }) => {
        await owners.findOrCreate({ issuer: 'i', sub: ids.ticket() }, { id: ids.owner(), now: 1 });
        const names = Array.from({ length: 100 }, () => parseSecretName('x'.repeat(200))!);
        await audit.append({ ownerId, actor: 'a', names, at: 1, action: 'create', outcome: 'done' });
        return ok(undefined);
      });
    let added = 0;
    let error: unknown;
    while (error === undefined && added < 100) {
      error = await add().then(
        () => undefined,
        (thrown: unknown) => toDatabaseError(thrown),
      );
      if (error === undefined) added += 1;
    }
    expect(error).to.be.instanceOf(DatabaseError).and.to.include({ code: 'unavailable' });
    expect(error).to.have.property('message').that.contains('SQLITE_FULL');
    expect(await database.audit.list(ownerId, { limit: 200 })).to.have.length(added);
    await database.check();
    await database.close();
  });
});

describe('migrations', () => {
  const dir = testFolder('database');

  for (const kind of databaseKinds) {
    it(`of consoles that start at the same time run once (${kind})`, async () => {
      const url =
        kind === 'SQLite' ? `sqlite:${join(dir, 'once.db')}` : await (await testPostgres()).createDatabase();
      const opened = await Promise.all([1, 2, 3].map(() => openDatabase({ url }, records)));
      for (const database of opened) {
        await database.check();
        await database.close();
      }
    });
  }

  it('fail if the file is not a database', async () => {
    const error = await failureOf(openDatabase({ url: `sqlite:${dir}` }, records));
    expect(error.code).to.equal('unavailable');
  });
});

for (const kind of databaseKinds) {
  describe(`a transaction (${kind})`, () => {
    it('that ends in a refusal or a throw leaves nothing', async () => {
      const dir = testFolder('database');
      const url =
        kind === 'SQLite' ? `sqlite:${join(dir, 'x.db')}` : await (await testPostgres()).createDatabase();
      const database = await openDatabase({ url }, records);
      const identity = { issuer: 'i', sub: 's' };
      const fresh = { id: ids.owner(), now: 1 };
      const refused = await database.write(async ({ owners }) => {
        await owners.findOrCreate(identity, fresh);
        return refuse('name_taken', 'for the test');
      });
      expect(refused.ok).to.equal(false);
      const thrown = await failureOf(
        database.write(async ({ owners }) => {
          await owners.findOrCreate(identity, fresh);
          throw new Error('for the test');
        }),
      );
      expect(thrown.message).to.equal('for the test');
      const later = { id: ids.owner(), now: 2 };
      const kept = await database.write(async ({ owners }) => ok(await owners.findOrCreate(identity, later)));
      expect(kept).to.deep.equal(ok(later.id));
      await database.close();
    });

    it('is refused for an envelope key that is no longer active', async () => {
      const running = await startTestConsole(kind);
      const other = await openDatabase({ url: running.databaseUrl }, running.records);
      try {
        const alice = await running.as('alice');
        const kid = 'A'.repeat(43) as never; // another replica's key
        await other.write(async ({ keys }) => {
          await keys.activate(kid, 1);
          return ok(undefined);
        });
        const reply = await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
        expect(refusal(reply)).to.deep.equal([503, 'sealing_key_retired']);
        expect((await alice.call('get', '/secrets')).json.items).to.deep.equal([]);
        await running.restart();
        expect((await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } })).status).to.equal(
          201,
        );
      } finally {
        await other.close();
        await running.stop();
      }
    });
  });
}
