import { expect } from 'chai';
import { connectRaw } from '../../../console/testing/record-rows.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { testPostgres } from '../../postgres.ts';
import { messageOf, sessions, startDrill, type Drill } from '../cluster.ts';
import { startCutter, type Cutter, type Direction } from './cutter.ts';

/** Bytes between two cuts. */
const step = process.env['TWOFOLD_DRILLS'] === undefined ? 397 : 5;

describe('connections from the console to PostgreSQL that are cut after any byte', function () {
  this.timeout(600_000);
  const name = 'steady';
  let cutter: Cutter;
  let drill: Drill;
  let alice: Person;
  let direct: ReturnType<typeof connectRaw>;
  /** What was acknowledged last, and what was sent since: one of these is stored. */
  let possible: string[] = ['0'];

  before(async () => {
    cutter = await startCutter();
    const database = await (await testPostgres()).createDatabase();
    direct = connectRaw(database);
    cutter.target = database;
    const through = new URL(database);
    through.port = String(cutter.port);
    const many = '1000000';
    drill = await startDrill({
      database: through.href,
      env: { console: { TWOFOLD_STARTS_PER_MINUTE: many, TWOFOLD_REFUSALS_PER_MINUTE: many } },
    });
    alice = drill.person('alice');
    await alice.store(name, '0');
  });
  after(async () => {
    alice.close();
    await drill.stack.stop();
    await direct.destroy();
    cutter.close();
  });

  const versionOf = async (): Promise<number> => {
    const [secret] = await direct<{ name: string; version: number }>('secrets')
      .where({ name })
      .select('version');
    return Number(secret?.version);
  };
  /** `done`, or status and code. */
  const replace = async (value: string): Promise<string> => {
    const before = await versionOf();
    const answer = await alice.call('PUT', `/api/v1/secrets/${name}`, { value });
    if (answer.status === 200) {
      possible = [value];
      return 'done';
    }
    if (messageOf(answer).includes('Nothing was changed')) expect(await versionOf(), value).to.equal(before);
    else possible.push(value);
    return `${answer.status} ${String((answer.body as { code?: unknown }).code)}`; // a problem document's
  };
  const delivered = async (): Promise<string | undefined> => {
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: [name] });
    const { exitCode, message, files } = await drill.runPod(await drill.admitPod(annotations));
    expect([exitCode, message]).to.deep.equal([0, '']);
    return files[name]?.toString();
  };

  it('do a write whole or not at all, and are answered with a code', async () => {
    cutter.cutAt(undefined);
    expect(await replace('first')).to.equal('done');
    const whole = cutter.longest();
    const outcomes = new Map<string, number>();
    for (const direction of ['there', 'back'] as const satisfies readonly Direction[]) {
      expect(whole[direction], 'a transaction').to.be.above(1000);
      for (let bytes = 1; bytes < whole[direction]; bytes += step) {
        cutter.cutAt({ direction, bytes });
        const outcome = await replace(`${direction}-${bytes}`);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        expect(outcome, `${direction} ${bytes} of ${whole[direction]}`).to.be.oneOf([
          'done',
          '503 database_unavailable',
        ]);
      }
    }
    cutter.cutAt(undefined);
    expect(outcomes.get('503 database_unavailable') ?? 0).to.be.above(10);
    expect(possible).to.include(await delivered());
  });

  it('leave a record for each version, and none without one', async () => {
    const done = await direct<{ action: string; outcome: string }>('audit')
      .whereIn('action', ['create', 'replace'])
      .where({ outcome: 'done' });
    expect(done).to.have.length(await versionOf());
  });

  it('while a session starts refuse it with a code, or start it', async () => {
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: [name] });
    cutter.cutAt(undefined);
    await drill.admitPod(annotations);
    const { there } = cutter.longest();
    for (const part of [1, 2, 3, 4, 5]) {
      cutter.cutAt({ direction: 'there', bytes: Math.floor((there * part) / 6) });
      const answer = await drill.createPod(annotations);
      if (answer.status !== 201) expect(messageOf(answer)).to.contain('(database_unavailable)');
    }
    cutter.cutAt(undefined);
    expect(possible).to.include(await delivered());
  });
});
