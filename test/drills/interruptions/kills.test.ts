import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { connectRaw } from '../../../console/testing/record-rows.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { sqliteAddon } from '../../../scripts/build.ts';
import { eventually } from '../../eventually.ts';
import { createRandom } from '../../growth/harness.ts';
import { testCertificates } from '../../certificates.ts';
import { testPostgres } from '../../postgres.ts';
import { seed } from '../../properties.ts';
import { messageOf, sessions, startDrill, type Drill } from '../cluster.ts';
import { startGate } from './gate.ts';
import { startLoad, type Told } from './load.ts';
import { orphans, sweepTwice } from './sweeps.ts';

const services = ['console', 'webhook', 'keyservice'] as const;
/** On each database. */
const kills = process.env['TWOFOLD_DRILLS'] === undefined ? 6 : 100;
const LONGEST_MS = 500;
/** Pods whose claims are tried again at the end, and revoked tickets that are presented. */
const LOOKED_AT = 5;

/** What the janitor deletes goes with the second sweep; Kubernetes' garbage collector takes its time for what belonged to that. */
async function checkTwoSweeps(drill: Drill): Promise<void> {
  await sweepTwice(drill);
  expect(await orphans(drill, 'leases', { adopted: false })).to.deep.equal([]);
  await eventually('every Lease and Secret has its pod', async () => {
    const left = [...(await orphans(drill, 'leases')), ...(await orphans(drill, 'secrets'))];
    return left.length === 0;
  });
}

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  describe(`services that are killed at any instant, on ${kind} (TWOFOLD_TEST_SEED=${seed})`, function () {
    this.timeout(60_000 + kills * 15_000);
    const file = ['steady', 'a steady value'] as const;
    let drill: Drill;
    let alice: Person;
    let database: string;
    let told: Told & { readonly wrong: readonly string[] };

    before(async () => {
      const url = kind === 'SQLite' ? undefined : await (await testPostgres()).createDatabase();
      const many = '1000000';
      drill = await startDrill({
        ...(url === undefined ? {} : { database: url }),
        env: {
          webhook: { TWOFOLD_GRACE_SECONDS: '1' },
          console: {
            TWOFOLD_STARTS_PER_MINUTE: many,
            TWOFOLD_REFUSALS_PER_MINUTE: many,
            TWOFOLD_QUOTA_TICKETS: many,
          },
        },
      });
      database = url ?? `sqlite:${drill.stack.databaseFile}`;
      alice = drill.person('alice');
      await alice.store(...file);
      const { annotations } = await alice.ticket({ namespace: sessions, secrets: [file[0]] });
      const load = startLoad({ drill, person: alice, annotations, file });
      const random = createRandom(seed);
      const pids = new Map(services.map((name) => [name, drill.stack.services[name].pid]));
      for (let n = 0; n < kills; n += 1) {
        // Each as often as the others.
        const name = services[n % services.length] ?? 'console';
        await wait(random() * LONGEST_MS);
        process.kill(pids.get(name) ?? 0, 'SIGKILL');
        pids.set(name, (await drill.stack.restart(name)).pid);
      }
      told = await load.stop();
    });
    after(async () => {
      alice.close();
      await drill.stack.stop();
    });

    it('have done something meanwhile', () => {
      for (const [what, count] of Object.entries(told.count)) expect(count, what).to.be.above(0);
    });

    it('have lost no value that was acknowledged, and gave none that was not', async () => {
      expect(told.wrong).to.deep.equal([]);
      const names = [...told.secrets.keys()];
      const { annotations } = await alice.ticket({ namespace: sessions, secrets: names });
      const { files } = await drill.runPod(await drill.admitPod(annotations));
      for (const [name, { acknowledged, open }] of told.secrets) {
        const possible = [...open, ...(acknowledged === undefined ? [] : [acknowledged])];
        expect(possible, name).to.include(files[name]?.toString());
      }
    });

    it('have taken back no revocation that was acknowledged', async () => {
      for (const annotations of told.revoked.slice(-LOOKED_AT))
        expect(messageOf(await drill.createPod(annotations))).to.contain('(ticket_revoked)');
    });

    it('start every session that was admitted', async () => {
      for (const pod of told.pods.slice(-LOOKED_AT)) {
        const { exitCode, message, files } = await drill.runPod(pod);
        expect([exitCode, files[file[0]]?.toString()], message).to.deep.equal([0, file[1]]);
      }
    });

    it('have left nothing half done in the database', async () => {
      const db = connectRaw(database);
      const tickets = await db<{ jti: string; used: number }>('tickets').select('jti', 'used');
      const claimed = await db<{ jti: string; pod_uid: string | null }>('sessions').select('jti', 'pod_uid');
      const audit = await db<{ action: string; outcome: string }>('audit').where({
        action: 'create',
        outcome: 'done',
      });
      const secrets = await db<{ id: string }>('secrets').select('id');
      await db.destroy();
      const uses = (jti: string): number =>
        claimed.filter((session) => session.jti === jti && session.pod_uid !== null).length;
      for (const { jti, used } of tickets) expect(used, jti).to.equal(uses(jti));
      expect(audit, 'a record for each secret').to.have.length(secrets.length);
      expect(await check()).to.equal(0);
    });

    it('leave no Lease and no Secret without its pod after two sweeps', async () => {
      await checkTwoSweeps(drill);
    });

    const check = (): Promise<number | null> => {
      const keys = join(drill.stack.dir, 'keys', 'console');
      const env = {
        PATH: process.env['PATH'],
        TWOFOLD_DATABASE_URL_FILE: join(drill.stack.dir, 'database-url'),
        ...(kind === 'SQLite' ? { TWOFOLD_SQLITE_ADDON: sqliteAddon } : {}),
        TWOFOLD_AT_REST_KEYS_FILE: join(keys, 'at-rest.json'),
        TWOFOLD_RECORD_KEYS_FILE: join(keys, 'record.json'),
      };
      return new Promise((resolve) => {
        const child = execFile(process.execPath, ['dist/admin.js', 'check'], { env }, () =>
          resolve(child.exitCode),
        );
      });
    };
  });
}

describe('a webhook that is killed between Lease, Secret and answer', function () {
  this.timeout(90_000);
  let gate: Awaited<ReturnType<typeof startGate>>;
  let drill: Drill;
  let alice: Person;
  let annotations: Readonly<Record<string, string>>;

  before(async () => {
    gate = await startGate();
    const caFile = join((await testCertificates()).leafDir('console'), 'ca.crt');
    drill = await startDrill({
      env: {
        webhook: {
          TWOFOLD_KUBERNETES_URL: gate.url,
          TWOFOLD_KUBERNETES_CA_FILE: caFile,
          // Only the test sweeps.
          TWOFOLD_SWEEP_SECONDS: '600',
        },
      },
    });
    gate.open(drill.stack.kubernetes);
    alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
  });
  after(async () => {
    alice.close();
    await drill.stack.stop();
    gate.close();
  });

  let pid: number | undefined;
  for (const kind of ['leases', 'secrets'] as const) {
    it(`leaves no orphan after two sweeps, once the ${kind === 'leases' ? 'Lease' : 'Secret'} was there`, async () => {
      const running = await drill.admitPod(annotations);
      gate.stopAfter(kind, () => process.kill(pid ?? drill.stack.services.webhook.pid, 'SIGKILL'));
      const answer = await drill.createPod(annotations);
      expect(messageOf(answer)).to.contain('failed calling webhook');
      ({ pid } = await drill.stack.restart('webhook'));
      expect(await orphans(drill, 'leases')).to.have.length(1);
      expect(await orphans(drill, 'secrets')).to.have.length(kind === 'secrets' ? 1 : 0);
      await checkTwoSweeps(drill);
      const { exitCode, message, files } = await drill.runPod(running);
      expect([exitCode, message, files['db-password']?.toString()]).to.deep.equal([0, '', 'value']);
    });
  }
});
