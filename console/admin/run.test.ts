import { expect } from 'chai';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { startTestConsole, databaseKinds, type DatabaseKind, type TestConsole } from '../testing/console.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { connectRaw } from '../testing/record-rows.ts';
import { admit, claim, grantFor, openSession, ticketFor } from '../testing/session.ts';
import { runAdmin } from './run.ts';
import { sha256Hex } from '../../test/hashes.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const DAY_MS = 86_400_000;

/** As the database knows them, except those that record the migrations. */
async function tablesOf(db: Knex, kind: DatabaseKind): Promise<string[]> {
  const rows =
    kind === 'SQLite'
      ? await db<{ name: string; type: string }>('sqlite_master').where({ type: 'table' }).select('name')
      : await db<{ table_name: string; table_schema: string }>('information_schema.tables')
          .where({ table_schema: 'public' })
          .select({ name: 'table_name' });
  const names = rows.map(({ name }) => name);
  return names.filter((name) => !/^(migrations|sqlite_)/.test(name)).sort();
}

for (const kind of databaseKinds) {
  describe(`twofold-admin (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let db: Knex;
    let alice: ApiClient;
    const printed: string[] = [];
    /** Everything handed out, which must never be printed. */
    const handedOut: string[] = [];

    const admin = async (args: string, env: NodeJS.ProcessEnv = {}, now = Date.now()): Promise<Ran> => {
      const ran = { out: '', err: '' };
      const code = await runAdmin({
        args: args.split(' '),
        env: { ...running.env, ...env },
        readFile: (path) => readFile(path, 'utf8'),
        terminal: {
          out: (text) => {
            ran.out += text;
            return Promise.resolve();
          },
          err: (text) => {
            ran.err += text;
          },
          now: () => now,
        },
      });
      printed.push(ran.out, ran.err);
      return { code, ...ran };
    };
    const json = (ran: Ran): unknown => JSON.parse(ran.out);
    const ownerIdOf = async (sub: string): Promise<string> => {
      const row = await db<{ id: string; sub: string }>('owners').where({ sub }).first('id');
      return row!.id;
    };
    /** A person with two secrets, a reservation, and a session that a pod has claimed. */
    const settle = async (sub: string): Promise<ApiClient> => {
      const client = await running.as(sub);
      await client.call('post', '/secrets', { body: { name: 'a', value: `value-of-${sub}` } });
      await client.call('post', '/secrets', { body: { name: 'b', value: 'w' } });
      const offer = (await client.call('post', '/secrets/c/sealing')).json;
      const ticket = await ticketFor(client);
      const session = await openSession(running, { ticket });
      const { token } = admit(running, session);
      const grant = await grantFor(running, session);
      const { json: claimed } = await claim(running, { grant, token });
      handedOut.push(`value-of-${sub}`, offer.innerKey, ticket, token, grant, claimed.keys[0]!.key);
      return client;
    };
    /** Changes a row behind the console's back, and restores it. */
    const damaged = async <T>(table: string, change: object, look: () => Promise<T>): Promise<T> => {
      const owner_id = await ownerIdOf('alice');
      const where = { owner_id, ...(table === 'secrets' ? { name: 'a' } : {}) };
      const row: unknown = await db(table).where(where).first('*');
      const before = row as Record<string, string>; // ids are text
      await db(table).where(where).update(change);
      try {
        return await look();
      } finally {
        const column = table === 'secrets' ? 'id' : table === 'sessions' ? 'sid' : 'owner_id';
        await db(table).where(column, before[column]!).update(before);
      }
    };

    const loggedIn = async (sub: string): Promise<void> => {
      const id_hash = sha256Hex(randomUUID());
      const row = { id_hash, owner_id: await ownerIdOf(sub), opened_at: 1, seen_at: 2 };
      await db('web_sessions').insert({ ...row, mac: running.records.seal('web_sessions', row) });
    };

    before(async () => {
      running = await startTestConsole(kind);
      db = connectRaw(running.databaseUrl);
      alice = await settle('alice');
      await settle('bob');
      await loggedIn('alice');
    });
    after(async () => {
      await db.destroy();
      await running.stop();
    });

    it('lists the kids in rows, with their states', async () => {
      const rows = await db<{ kid: string; use: string }>('keys').select('kid');
      const text = await admin('keys');
      expect(text.code).to.equal(0);
      expect(text.out).to.match(new RegExp(`^envelope +${rows[0]!.kid} +active +4$`, 'm'));
      expect(text.out).to.match(/^at-rest +[\w-]{43} +newest +2$/m);
      const without = json(await admin('keys --output json', { TWOFOLD_AT_REST_KEYS_FILE: undefined }));
      expect(without).to.have.nested.property('keys[1].state', 'unknown');
    });

    it('checks every row, and finds nothing broken in what the console wrote', async () => {
      const { code, out } = await admin('check --output json');
      expect(code).to.equal(0);
      const { tables, broken, userKeysOpened } = JSON.parse(out) as {
        tables: { table: string; rows: number }[];
        broken: unknown[];
        userKeysOpened: boolean;
      }; // as printed
      expect(broken).to.deep.equal([]);
      expect(userKeysOpened).to.equal(true);
      const rows = Object.fromEntries(tables.map(({ table, rows: count }) => [table, count]));
      expect(rows).to.include({
        owners: 2,
        user_keys: 2,
        secrets: 4,
        reservations: 2,
        tickets: 2,
        sessions: 2,
        web_sessions: 1,
      });
      expect(Object.keys(rows).sort(), 'every table').to.deep.equal(await tablesOf(db, kind));
      expect(rows['audit']).to.be.at.least(10);
    });

    it('names a row that has another’s envelope, and says how they differ', async () => {
      const other = await db<{ envelope: string; owner_id: string }>('secrets')
        .where({ owner_id: await ownerIdOf('bob') })
        .first('envelope');
      const { code, out } = await damaged('secrets', { envelope: other!.envelope }, () => admin('check'));
      expect(code).to.equal(3);
      expect(out).to.match(
        /^broken: secrets [0-9a-f-]{36}: its header and its row differ in own, sec(, nam)?, salt/m,
      );
      expect((await admin('check')).code, 'and restored').to.equal(0);
    });

    const damages: readonly [string, object, RegExp][] = [
      ['secrets', { version: 7 }, /its row differ in ver/],
      ['secrets', { gen: 2 }, /no user key of generation 2/],
      ['secrets', { size: 5_000 }, /not what a value of 5000 bytes takes/],
      ['secrets', { kid: 'A'.repeat(43) }, /no envelope key A+ is known/],
      ['secrets', { envelope: 'm4rk.of.a.cut.token' }, /envelope header does not have exactly the members/],
      ['secrets', { salt: 'm4rk' }, /differ in .*salt/],
      ['user_keys', { key: 'm4rk..a.b.c' }, /user key is not of this owner/],
      ['sessions', { secrets: '{"m4rk"' }, /it holds something that is not JSON/],
      ['sessions', { ns: 'elsewhere' }, /its ticket has another owner, namespace or service account/],
      ['web_sessions', { opened_at: 3 }, /web_sessions [0-9a-f]{64}: it was last used before it was opened/],
    ];
    for (const [table, change, problem] of damages) {
      it(`names a row of ${table} with another ${Object.keys(change).join()}`, async () => {
        const { code, out } = await damaged(table, change, () => admin('check'));
        expect(code).to.equal(3);
        expect(out).to.match(problem);
        expect(out).not.to.contain('m4rk');
      });
    }

    it('opens user keys under the at-rest key, and names the kid that is missing', async () => {
      const sealed = await db<{ key: string; owner_id: string }>('user_keys')
        .where({ owner_id: await ownerIdOf('alice') })
        .first('key');
      const parts = sealed!.key.split('.');
      parts[4] = `${parts[4]!.startsWith('A') ? 'B' : 'A'}${parts[4]!.slice(1)}`;
      const { code, out } = await damaged('user_keys', { key: parts.join('.') }, () => admin('check'));
      expect(code).to.equal(3);
      expect(out).to.contain('the message is not authentic under this key');
      const closed = await damaged('user_keys', { key: parts.join('.') }, () =>
        admin('check', { TWOFOLD_AT_REST_KEYS_FILE: undefined }),
      );
      expect(closed.code, 'without the key only the form is checked').to.equal(0);
      expect(closed.out).to.contain('user keys were only compared');
    });

    it('exports the audit as JSON lines, oldest first, starting at a time', async () => {
      const lines = (await admin('audit export')).out.trimEnd().split('\n');
      const records = lines.map((line) => JSON.parse(line) as { at: string; action: string; owner: string }); // as printed
      const [{ n }] = (await db('audit').count({ n: '*' })) as [{ n: number | string }];
      expect(records).to.have.length(Number(n));
      expect(records.map(({ at }) => at)).to.deep.equal(records.map(({ at }) => at).sort());
      expect(new Set(records.map(({ action }) => action))).to.include('claim');
      expect(records[0]).to.have.all.keys(
        'id',
        'at',
        'owner',
        'actor',
        'action',
        'outcome',
        'code',
        'names',
        'secretIds',
        'version',
        'namespace',
        'pod',
        'podUid',
        'kid',
        'sid',
        'jti',
        'asserted',
        'dryRun',
        'nameCount',
      );
      expect((await admin('audit export --since 2999-01-01')).out).to.equal('');
      const since = records[5]!.at;
      const later = (await admin(`audit export --since ${since}`)).out.trimEnd().split('\n');
      expect(later).to.deep.equal(lines.filter((_, index) => records[index]!.at >= since));
    });

    it('shows what the retention would delete, and deletes it with --yes, except sessions of pods', async () => {
      const ticket = await ticketFor(alice);
      await openSession(running, { ticket });
      const later = Date.now() + 40 * DAY_MS;
      const shown = json(await admin('prune --output json', {}, later));
      const counts = { sessions: 1, tickets: 1, reservations: 2, logins: 0, audit: 0 };
      expect(shown).to.deep.equal({ wouldDelete: counts, bound: 2 });
      expect((await admin('prune', {}, later)).out).to.contain(
        'nothing was deleted: run it again with --yes',
      );
      expect(json(await admin('prune --yes --output json', {}, later))).to.deep.equal({
        deleted: counts,
        bound: 2,
      });
      expect(await db('sessions').select('sid'), 'those of pods that may still exist').to.have.length(2);
      const short = { TWOFOLD_RETENTION_AUDIT_DAYS: '3' };
      expect((await admin('prune', short, later)).out).to.match(/^audit +\d{4}-\d\d-\d\dT\S+ +[1-9]\d*$/m);
    });

    it('shows what an owner has, and deletes it all with --yes; the records remain', async () => {
      const id = await ownerIdOf('bob');
      const tables = ['sessions', 'tickets', 'reservations', 'secrets', 'user_keys', 'web_sessions'];
      const carried = (): Promise<{ claim: string; value: string; carriers: string; count: number }[]> =>
        db('logins').where('value', 'like', '%bob%').select();
      await loggedIn('bob');
      const left = async (): Promise<number> => {
        const rows = await Promise.all(
          tables.map((table) => db(table).where({ owner_id: id }).select('owner_id')),
        );
        return rows.flat().length;
      };
      const there = await left();
      const shown = await admin(`offboard ${id}`);
      expect(shown.code).to.equal(0);
      expect(shown.out)
        .to.contain('sub bob')
        .and.to.match(/^secrets +2$/m)
        .and.to.contain('run it again with --yes');
      expect(await left(), 'nothing was deleted').to.equal(there);
      const [known] = await carried();
      const byLogin = await admin(`offboard ${known!.claim}=${known!.value}`);
      expect(byLogin.out, 'by a login').to.contain(id);

      const unkeyed = await admin(`offboard ${id} --yes`, { TWOFOLD_RECORD_KEYS_FILE: undefined });
      expect([unkeyed.code, unkeyed.out]).to.deep.equal([1, '']);
      expect(unkeyed.err).to.contain('set TWOFOLD_RECORD_KEYS_FILE');
      const gone = json(await admin(`offboard ${id} --yes --output json`));
      expect(gone).to.have.nested.property('deleted.secrets', 2);
      expect(await left()).to.equal(0);
      for (const { carriers, count } of await carried()) {
        expect(JSON.parse(carriers), 'its place among the carriers stays').to.have.nested.property(
          '[0].owner',
          null,
        );
        expect(String(count), 'PostgreSQL returns text').to.equal('1');
      }
      expect(await db('owners').where({ id }).select('id')).to.deep.equal([]);
      const records = await db<{ owner_id: string; action: string; actor: string }>('audit').where({
        owner_id: id,
      });
      expect(records.map(({ action }) => action)).to.include.members(['create', 'claim', 'offboard']);

      const again = await admin(`offboard ${id} --yes`);
      expect(again.code).to.equal(0);
      expect(again.out).to.contain('everything of this owner was deleted on').and.to.contain('nothing to do');
      expect((await alice.call('get', '/secrets')).json.items, 'others keep theirs').to.have.length(2);
      expect((await admin('check')).code).to.equal(0);
    });

    it('deletes an owner whole or not at all', async () => {
      await settle('carol');
      const id = await ownerIdOf('carol');
      // The last step fails: another owner's row still refers to this one.
      await db.schema.createTable('holders', (table) => {
        table.uuid('owner_id').references('owners.id');
      });
      await db('holders').insert({ owner_id: id });
      const failed = await admin(`offboard ${id} --yes`);
      expect([failed.code, failed.out]).to.deep.equal([1, '']);
      expect(failed.err).to.match(/the database reported (SQLITE_CONSTRAINT_FOREIGNKEY|23503)/);
      expect(await db('secrets').where({ owner_id: id }).select('id')).to.have.length(2);
      await db.schema.dropTable('holders');
      expect((await admin(`offboard ${id} --yes`)).code, 'and can be repeated').to.equal(0);
    });

    it('refuses wrong arguments, with the usage', async () => {
      const wrong = [
        '',
        'frobnicate',
        'keys --yes',
        'offboard',
        'offboard bob',
        'audit',
        'audit export --since yesterday',
      ];
      for (const args of [...wrong, 'check --output yaml', 'keys check', 'audit export --since 2026-13-45']) {
        const { code, err, out } = await admin(args);
        expect([code, out], args).to.deep.equal([2, '']);
        expect(err, args).to.match(
          /^twofold-admin: (--output must be text or json\.\n$|.+\n {3}next: (Use )?twofold-admin )/,
        );
      }
      expect((await admin('--help')).code).to.equal(0);
      const nobody = await admin('offboard 00000000-0000-4000-8000-000000000000');
      expect([nobody.code, nobody.err]).to.deep.equal([
        1,
        'twofold-admin: there is no such owner: check the id, or the claim and its value\n',
      ]);
    });

    it('names wrong settings, and creates no database if there is none', async () => {
      const misspelt = await admin('keys', { TWOFOLD_RETENTION_AUDITDAYS: '5' });
      expect([misspelt.code, misspelt.err]).to.deep.equal([
        78,
        'twofold-admin: TWOFOLD_RETENTION_AUDITDAYS is not a setting of this service; see docs/configuration.md\n',
      ]);
      const file = '/nonexistent/twofold.db';
      const missing = await admin('keys', {
        TWOFOLD_DATABASE_URL_FILE: undefined,
        TWOFOLD_DATABASE_URL: `sqlite:${file}`,
      });
      expect([missing.code, missing.err]).to.deep.equal([1, `twofold-admin: there is no file ${file}\n`]);
    });

    it('has printed no key, token, envelope or value in all of this', async () => {
      const rows = [
        ...(await db<{ envelope: string }>('secrets').select('envelope')).map(({ envelope }) => envelope),
        ...(await db<{ key: string }>('user_keys').select('key')).map(({ key }) => key),
      ];
      const secret = [...rows, ...handedOut, (running.keys.atRest as { k: string }).k]; // as octJwk made it
      const parts = secret.flatMap((text) => [text, ...text.split('.')]).filter((part) => part.length >= 8);
      const everything = printed.join('\n');
      expect(everything.length).to.be.greaterThan(5_000);
      // The header repeats what the row says; the rest matters.
      expect(parts.filter((part) => everything.includes(part))).to.deep.equal([]);
    });
  });
}
