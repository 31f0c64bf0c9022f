import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { askUntil } from '../../../scripts/dev/ask-until.ts';
import { eventually } from '../../eventually.ts';
import { createApi } from '../../../scripts/dev/api.ts';
import { connect, orphans, sidOf } from '../cluster/connection.ts';
import { everStarted, initOf, openGate } from '../sessions/pods.ts';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { killTasks } from '../cluster/node.ts';
import { startScenario, type Scenario } from '../sessions/scenario.ts';
import { createServices } from '../cluster/services.ts';

const LATE_MS = 10_000;
const BURST = 60;
/** The API server's deadline for an admission. */
const BURST_MS = 10_000;
const WEBHOOK = 'system:serviceaccount:twofold-webhook:webhook';

describe('bad moments', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const services = createServices(cluster);
  let scenario: Scenario;

  before(async () => {
    scenario = await startScenario(cluster, 'moment');
  });
  after(async () => {
    await services.restore();
    await scenario.end();
  });

  /** Many at the same time, and the kill when the first Secret exists, so that some are half-way. */
  const interruptedBurst = async (): Promise<readonly string[]> => {
    const before = new Set(await cluster.sessionObjects());
    const processes = await services.processes('webhook');
    const path = `/api/v1/namespaces/${cluster.sessions}/pods`;
    const burst = Promise.all(
      Array.from({ length: BURST }, () => api.call({ method: 'POST', path, body: scenario.session() })),
    );
    const isNew = (object: string): boolean => object.startsWith('secret/') && !before.has(object);
    // There is none where the whole burst was refused.
    const look = async (): Promise<boolean> => (await cluster.sessionObjects()).some(isNew);
    await askUntil(look, (seen) => seen, { withinMs: BURST_MS, everyMs: 0 });
    killTasks(processes);
    const codes = (await burst).map(({ status }) => status);
    expect(
      codes.every((status) => status === 201 || status === 500),
      String(codes),
    ).to.equal(true);
    return (await orphans(cluster)).filter((object) => !before.has(object));
  };

  it('a webhook killed between Secret and response leaves both, and the Lease that will remove the Secret', async () => {
    const left = await eventually(
      'a kill came in between',
      async () => {
        const found = await interruptedBurst();
        // New pods: the kubelet makes killed ones wait, longer each time.
        await services.restart('webhook');
        return found.some((object) => object.startsWith('secret/')) ? found : undefined;
      },
      { timeoutMs: 90_000 },
    );
    // Every Secret has the Lease that will remove it.
    for (const secret of left.filter((object) => object.startsWith('secret/')))
      expect(left).to.contain(secret.replace('secret/', 'lease/'));
    await scenario.works();
  });

  // During the grace period.
  it('with the session’s Secret 10 s late: the pod waits for it and reports it, then starts with its files', async () => {
    const name = await scenario.gated();
    const sid = sidOf((await cluster.readPod(name))!);
    const where = { name: `twofold-${sid}`, namespace: cluster.sessions };
    const { metadata, type, immutable, data } = await cluster.core.readNamespacedSecret(where);
    await cluster.core.deleteNamespacedSecret(where);
    await openGate(cluster.sessions, name);
    await wait(LATE_MS);

    const waiting = (await cluster.readPod(name))!;
    expect(initOf(waiting)?.state?.waiting?.reason).to.equal('PodInitializing');
    expect(everStarted(waiting)).to.equal(false);
    const described = await kubectlOutput(['describe', 'pod', name, '--namespace', cluster.sessions]);
    expect(described).to.contain(
      `MountVolume.SetUp failed for volume "twofold-session" : secret "${where.name}" not found`,
    );

    const { labels, ownerReferences } = metadata!;
    const late = {
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      immutable,
      data,
      metadata: { ...where, labels, ownerReferences },
    };
    const byAdministrator = await cluster.tryCreate(late);
    expect(byAdministrator.code, 'the guard lets nobody else create it').to.equal(1);
    expect(byAdministrator.stderr).to.contain('twofold-writer');
    const byWebhook = await cluster.tryCreate(late, { as: WEBHOOK });
    expect(byWebhook.code, byWebhook.stderr).to.equal(0);

    const ready = await cluster.ready(name, { timeoutMs: 90_000 });
    expect(initOf(ready)?.restartCount).to.equal(0);
    await scenario.hasFiles(name);
  });

  it('after the next sweep nothing is left of what the killed webhook left, except the admitted sessions', async () => {
    await eventually('nothing is left without a pod', async () => (await orphans(cluster)).length === 0, {
      timeoutMs: 90_000,
    });
    const { items } = await cluster.core.listNamespacedPod({
      namespace: cluster.sessions,
      labelSelector: `scenario=${scenario.name}`,
    });
    const objects = await cluster.sessionObjects();
    for (const pod of items)
      expect(objects).to.include.members([`lease/twofold-${sidOf(pod)}`, `secret/twofold-${sidOf(pod)}`]);
    await scenario.works();
  });
});
