import { execFile } from 'node:child_process';
import { chownSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { eventually } from '../../eventually.ts';
import { connect, sidOf } from '../cluster/connection.ts';
import { everStarted, initOf, openGate } from '../sessions/pods.ts';
import { allTasks, killTasks, podTasks, volumeFolder } from '../cluster/node.ts';
import { renewLeaves } from '../cluster/deployment.ts';
import { startScenario, type Scenario } from '../sessions/scenario.ts';
import { createServices, SERVICES } from '../cluster/services.ts';

const run = promisify(execFile);

/** The clock skew that the console tolerates. */
const LEEWAY_MS = 60_000;
const GRANT_LIFE_SECONDS = 1;
const ALWAYS = { spec: { restartPolicy: 'Always' } } as const;

describe('a node that restarts', () => {
  const cluster = connect();
  const services = createServices(cluster);
  let scenario: Scenario;
  let session: string;
  let late: string;
  let admittedAt: number;
  let secretUid: string | undefined;

  const podNow = async (): Promise<V1Pod> => (await cluster.readPod(session))!;
  const secretOf = async (pod: V1Pod) =>
    await cluster.core.readNamespacedSecret({ name: `twofold-${sidOf(pod)}`, namespace: cluster.sessions });
  /** Overwrites the volume: whatever is right afterwards was written afterwards. */
  const spoil = (pod: V1Pod): void => {
    const folder = volumeFolder(pod, 'twofold-files');
    const [first = ''] = readdirSync(folder);
    const { uid, gid } = statSync(join(folder, first));
    for (const name of [...readdirSync(folder), 'planted']) {
      const file = join(folder, name);
      rmSync(file, { force: true });
      writeFileSync(file, 'spoilt');
      chownSync(file, uid, gid);
    }
  };
  /** The same pod runs again in another sandbox, after another run of its init container. */
  const cameBack = async (before: V1Pod): Promise<void> => {
    const ran = initOf(before)?.containerID;
    const after = await cluster.podThat(
      'came back',
      session,
      (pod) => initOf(pod)?.containerID !== ran && (pod.status?.containerStatuses?.[0]?.ready ?? false),
      { timeoutMs: 120_000 },
    );
    expect(initOf(after)?.state?.terminated?.exitCode).to.equal(0);
    expect([after.metadata?.uid, sidOf(after)]).to.deep.equal([before.metadata?.uid, sidOf(before)]);
    expect((await secretOf(after)).metadata?.uid, 'the same Secret').to.equal(secretUid);
    await scenario.hasFiles(session);
  };
  const reboot = async (): Promise<void> => {
    const before = await podNow();
    spoil(before);
    const tasks = await podTasks(before);
    expect(tasks.map(({ kind }) => kind).sort()).to.deep.equal(['container', 'sandbox']);
    killTasks(tasks);
    await cameBack(before);
  };

  before(async () => {
    scenario = await startScenario(cluster, 'node');
    await services.setEnv('console', { TWOFOLD_GRANT_LIFE_SECONDS: String(GRANT_LIFE_SECONDS) });
    await eventually('the console is back', () => scenario.works().then(() => true as const));
    session = await scenario.admitted(ALWAYS);
    late = await scenario.gated(ALWAYS);
    admittedAt = Date.now();
    secretUid = (await secretOf(await cluster.ready(session))).metadata?.uid;
  });
  after(async () => {
    await services.restore();
    await scenario.end();
  });

  it('gives a session the same files again when its sandbox and containers were killed', reboot);

  it('and after the certificates of all services were renewed', async () => {
    await renewLeaves(cluster);
    await reboot();
  });

  it('restarts everything after all processes on the node were killed at once, memory volumes gone', async () => {
    const before = await podNow();
    const folder = volumeFolder(before, 'twofold-files');
    const kubelet = await pidOf('kubelet');
    const containerd = await pidOf('containerd');
    // Stopped first, so that it sees none of this; init restarts both within a second.
    process.kill(kubelet, 'SIGSTOP');
    killTasks(await allTasks());
    await eventually('nothing runs in containers', async () => (await allTasks()).length === 0);
    await run('umount', [folder]);
    expect(existsSync(folder) ? readdirSync(folder) : []).to.deep.equal([]);
    process.kill(containerd, 'SIGKILL');
    process.kill(kubelet, 'SIGKILL');
    await cameBack(before);
    for (const service of SERVICES) await services.rolledOut(service);
    await scenario.works();
  });

  it('and after the grant’s deadline for a first claim: the session is bound to this pod', async () => {
    await wait(Math.max(0, admittedAt + GRANT_LIFE_SECONDS * 1000 + LEEWAY_MS + 1000 - Date.now()));
    await reboot();
  });

  it('but gives nothing to a pod that claims for the first time then', async () => {
    await openGate(cluster.sessions, late);
    const endOf = (pod: V1Pod) => initOf(pod)?.state?.terminated ?? initOf(pod)?.lastState?.terminated;
    const refused = await cluster.podThat('was refused', late, (pod) => endOf(pod) !== undefined);
    expect(endOf(refused)?.exitCode).to.equal(11);
    expect(endOf(refused)?.message).to.contain('[grant_expired]').and.contain('start the session again');
    expect(everStarted(refused)).to.equal(false);
  });
});

/** The pid of the one process of this name; `/proc` is that of the cluster's process namespace. */
async function pidOf(name: string): Promise<number> {
  const { stdout } = await run('pgrep', ['--exact', name]);
  const [pid = '', ...more] = stdout.trim().split('\n');
  if (more.length > 0) throw new Error(`there are several processes named ${name}`);
  return Number(pid);
}
