import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import knex, { type Knex } from 'knex';
import { ok } from '#envelope/result.ts';
import { testFolder } from '../../test/folder.ts';
import { failureOf } from '../../test/refusal.ts';
import { testPostgres } from '../../test/postgres.ts';
import { createCheck, type BrokenRow } from '../admin/check.ts';
import { RecordError, type BrokenRecord } from '../core/record-error.ts';
import { databaseKinds } from '../testing/console.ts';
import { connectRaw, ISSUER, NOW, recordKeys, storeRows, uses, type Known } from '../testing/record-rows.ts';
import { openDatabase, type OpenDatabase } from './database.ts';
import { createInspection, keyColumns, type Row } from './inspection.ts';
import { createRecordTable } from './record-table.ts';
import { createRecords, recordColumns, type RecordTableName } from './records.ts';

const tables = Object.keys(recordColumns) as readonly RecordTableName[]; // the object's own keys

/** A value of the same kind that is not this one; what refers to another table refers to the other row's. */
function another(column: string, value: unknown, other: unknown): unknown {
  const text = String(value); // as either database returns them
  if (/^(owner_id|jti)$/.test(column) && other !== undefined) return other;
  if (typeof value === 'boolean') return !value;
  if (column === 'ticket_on_pod') return value === 1 ? 0 : 1;
  if (value === null) return /(_at|uses)$/.test(column) ? 5 : 'planted';
  if (/^\d+$/.test(text)) return Number(value) + 1;
  return /^[0-9a-f-]{36}$/.test(text) ? randomUUID() : `${text.slice(0, -1)}~`;
}

/** Results that give nobody anything: the row is not found by what was changed. */
function isNothing(outcome: unknown): boolean {
  return outcome === undefined || outcome === false || (Array.isArray(outcome) && outcome.length === 0);
}

const READABLE =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64}|[\w-]{43})$/;

describe('an authentic row that is not the one requested', () => {
  const db = knex({ client: 'better-sqlite3', connection: ':memory:', useNullAsDefault: true });
  after(() => db.destroy());

  it('is not accepted, whatever its MAC: a database may return any row', async () => {
    const records = createRecords(recordKeys());
    await db.raw('create table keys (kid text collate nocase, use text, state text, since bigint, mac text)');
    const keys = createRecordTable<{ kid: string; use: string; state: string; since: number }>(
      db,
      records,
      'keys',
    );
    await keys.insert({ kid: 'Alice', use: 'envelope', state: 'active', since: 1 });
    expect(await keys.find({ kid: 'Alice' })).to.include({ kid: 'Alice' });
    expect(await failureOf(keys.find({ kid: 'ALICE' }))).to.be.instanceOf(RecordError);
    expect(await failureOf(keys.amend({ kid: 'ALICE' }, () => ({ since: 2 })))).to.be.instanceOf(RecordError);
  });
});

for (const kind of databaseKinds) {
  describe(`rows that confer authority (${kind})`, function () {
    this.timeout(60_000);
    let database: OpenDatabase;
    let db: Knex;
    let alice: Known;
    let bob: Known;
    const broken: BrokenRecord[] = [];
    const records = createRecords(recordKeys(), (record) => broken.push(record));

    before(async () => {
      const url =
        kind === 'SQLite'
          ? `sqlite:${join(testFolder('records'), 'console.db')}`
          : await (await testPostgres()).createDatabase();
      database = await openDatabase({ url }, records);
      db = connectRaw(url);
      bob = await storeRows(database, 'bob');
      alice = await storeRows(database, 'alice');
    });
    after(async () => {
      await db.destroy();
      await database.close();
    });

    const keyOf = (table: RecordTableName): string => keyColumns[table][0];
    const idOf = (table: RecordTableName, known: Known): string =>
      ({
        owners: known.owner,
        tickets: known.jti,
        sessions: known.sid,
        web_sessions: known.idHash,
        keys: known.kid,
        logins: '',
      })[table];
    const rowOf = async (table: RecordTableName, known: Known): Promise<Row> => {
      const where = table === 'logins' ? { value: known.login } : { [keyOf(table)]: idOf(table, known) };
      const row: unknown = await db(table).where(where).first();
      return row as Row; // it was stored
    };
    const check = async (): Promise<BrokenRow[]> => {
      const found: BrokenRow[] = [];
      const inspection = createInspection(db);
      await createCheck({ inspection, records, atRest: undefined, onBroken: (row) => found.push(row) })();
      // These owners have no user keys: that is another matter.
      return found.filter(({ problem }) => problem.endsWith('its MAC does not match'));
    };
    /** The outcome of each use, rolled back. */
    const useAll = async (table: RecordTableName, known: Known): Promise<Map<string, unknown>> => {
      const outcomes = new Map<string, unknown>();
      for (const [name, use] of Object.entries(uses[table])) {
        const undo = new Error('undone');
        const outcome = await database
          .write(async (stores) => {
            outcomes.set(name, await use(stores, known));
            throw undo;
          })
          .catch((error: unknown) => error);
        if (outcome !== undo) outcomes.set(name, outcome);
      }
      return outcomes;
    };
    const expectRefused = async (table: RecordTableName, known: Known, row: string): Promise<void> => {
      for (const [name, outcome] of await useAll(table, known)) {
        expect(outcome, `${table}: ${name}`).to.be.instanceOf(RecordError);
        expect((outcome as RecordError).record, name).to.deep.equal({ table, row });
      }
    };
    /** Undefined if the schema itself refuses it. */
    const changed = async (
      table: RecordTableName,
      { before, change }: { before: Row; change: object },
      look: (name: string) => Promise<void>,
    ): Promise<boolean> => {
      const key = keyOf(table);
      const update = async (from: Row, to: object): Promise<boolean> => {
        try {
          return (
            (await db(table)
              .where({ [key]: from[key] as string })
              .update(to)) === 1
          );
        } catch {
          return false;
        }
      };
      if (!(await update(before, change))) return false;
      const now = { ...before, ...change };
      try {
        await look(String(now[key]));
      } finally {
        expect(await update(now, before), 'and is as before').to.equal(true);
      }
      return true;
    };

    it('have a MAC over every column that the database has', async () => {
      for (const table of tables) {
        const columns = Object.keys(await db(table).columnInfo()).sort();
        expect(columns, table).to.deep.equal([...recordColumns[table], 'mac'].sort());
      }
    });

    it('are used as they were written', async () => {
      for (const table of tables) {
        for (const [name, outcome] of await useAll(table, alice)) {
          expect(outcome, `${table}: ${name}`).to.not.be.instanceOf(Error);
        }
      }
      expect(await check()).to.deep.equal([]);
      expect(broken).to.deep.equal([]);
    });

    for (const table of tables) {
      for (const column of recordColumns[table]) {
        it(`are not used, but named, if ${column} of ${table} was changed, or emptied`, async () => {
          const before = await rowOf(table, alice);
          const other = await rowOf(table, bob);
          let tried = 0;
          const reference = column === keyOf(table) ? undefined : other[column];
          for (const value of [another(column, before[column], reference), null]) {
            if (before[column] === null && value === null) continue;
            const change = { [column]: value };
            const did = await changed(table, { before, change }, async (row) => {
              for (const [name, outcome] of await useAll(table, alice)) {
                if (outcome instanceof RecordError) expect(outcome.record.table).to.equal(table);
                // Not found by what was changed: then nobody is given anything.
                else expect(isNothing(outcome), `${name}: ${String(outcome)}`).to.equal(true);
              }
              expect((await check()).map((found) => [found.table, found.row])).to.deep.include([
                table,
                READABLE.test(row) ? row : 'without a readable id',
              ]);
            });
            if (did) tried += 1;
          }
          expect(tried, 'the schema alone did not refuse both').to.be.at.least(1);
        });
      }

      it(`are not used, but named, if a row of ${table} has no MAC, or another row’s`, async () => {
        const before = await rowOf(table, alice);
        const { mac } = await rowOf(table, bob);
        for (const change of [{ mac: '' }, { mac }]) {
          await changed(table, { before, change }, async (row) => {
            broken.length = 0;
            await expectRefused(table, alice, row);
            expect(broken).to.have.length(Object.keys(uses[table]).length);
            expect((await check()).map((found) => [found.table, found.row])).to.deep.equal([[table, row]]);
          });
        }
      });

      it(`are not used, but named, if a row of ${table} was copied to another key`, async () => {
        const before = await rowOf(table, alice);
        const key = keyOf(table);
        const id = String(before[key]);
        const copied = {
          [key]: id.length === 36 ? randomUUID() : `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`,
        };
        const unique =
          table === 'owners' ? { sub: 'mallory' } : table === 'logins' ? { value: 'mallory' } : {};
        await db(table).insert({ ...before, ...copied, ...unique });
        const mallory: Known = {
          ...alice,
          sub: 'mallory',
          login: 'mallory',
          ...(table === 'tickets' ? { jti: String(copied[key]) } : {}),
          ...(table === 'owners' ? { owner: String(copied[key]) as never } : {}),
          ...(table === 'sessions' ? { sid: String(copied[key]) } : {}),
          ...(table === 'web_sessions' ? { idHash: String(copied[key]) } : {}),
          ...(table === 'keys' ? { kid: String(copied[key]) } : {}),
        };
        try {
          await expectRefused(table, mallory, String(copied[key]));
          expect((await check()).map(({ row }) => row)).to.deep.equal([copied[key]]);
        } finally {
          await db(table).where(copied).delete();
        }
      });
    }

    it('keep an identity from a second owner if the first one’s row is gone', async () => {
      const carol = await storeRows(database, 'carol');
      await db('owners').where({ id: carol.owner }).update({ sub: 'another' });
      await expectRefused('owners', carol, carol.owner);
      const all = await db('owners').select('id');
      expect(all, 'nobody was made').to.have.length(3);
      await db('owners').where({ id: carol.owner }).update({ sub: 'carol' });
    });

    it('survive many changes at once, none of which is lost', async () => {
      const { jti } = await storeRows(database, 'dave');
      const used = await Promise.all(
        Array.from({ length: 12 }, () => database.write(async ({ tickets }) => ok(await tickets.use(jti)))),
      );
      expect(used.filter((outcome) => outcome.ok && outcome.value)).to.have.length(5);
      expect(await database.tickets.find(jti)).to.include({ used: 5 });
      const owners: Known[] = [];
      for (const name of ['e', 'f', 'g']) owners.push(await storeRows(database, name));
      await Promise.all(
        owners.map(({ owner }) =>
          database.write(async ({ logins }) => {
            await logins.record(ISSUER, owner, [{ claim: 'email', value: 'shared' }], NOW);
            return ok(undefined);
          }),
        ),
      );
      const carriers = await database.logins.carriers(ISSUER, { claim: 'email', value: 'shared' });
      expect(carriers.map(({ ownerId }) => ownerId)).to.have.members(owners.map(({ owner }) => owner));
    });
  });
}
