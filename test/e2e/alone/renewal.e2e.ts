import { expect } from 'chai';
import { connect } from '../cluster/connection.ts';
import { startLoad, underLoad } from '../sessions/load.ts';
import { killTasks, podTasks } from '../cluster/node.ts';
import { initOf } from '../sessions/pods.ts';
import { finishRotation, phases, rootIds, stepRoot } from '../cluster/deployment.ts';
import { startScenario, type Scenario } from '../sessions/scenario.ts';

const PER_SECOND = 5;

describe('certificates renewed while sessions are created', () => {
  const cluster = connect();
  let scenario: Scenario;
  /** Started between two steps, so it trusts both roots. */
  let session: string;

  before(async () => {
    scenario = await startScenario(cluster, 'renewal');
  });
  after(async () => {
    await finishRotation(cluster);
    await scenario.end();
  });

  const nothingFails = async (work: () => Promise<void>): Promise<void> => {
    const { admitted, failures } = await underLoad(() => startLoad(cluster, scenario, PER_SECOND), work);
    expect(failures).to.deep.equal([]);
    expect(admitted).to.be.greaterThan(2 * PER_SECOND);
    await scenario.works();
  };
  const startsAgain = async (): Promise<void> => {
    const before = (await cluster.readPod(session))!;
    killTasks(await podTasks(before));
    await cluster.podThat(
      'came back',
      session,
      (pod) =>
        initOf(pod)?.containerID !== initOf(before)?.containerID &&
        (pod.status?.containerStatuses?.[0]?.ready ?? false),
    );
    await scenario.hasFiles(session);
  };
  const served = async (): Promise<string> => {
    const { data } = await cluster.core.readNamespacedSecret({
      name: 'webhook-tls',
      namespace: 'twofold-webhook',
    });
    return data?.['tls.crt'] ?? '';
  };

  it('of all services, and a new root trusted before it signs: no admission and no claim fails', async () => {
    const [before, [signing]] = [await served(), rootIds()];
    await nothingFails(() => stepRoot(cluster, { leaves: true }));
    expect(await served()).to.not.equal(before);
    expect([rootIds()[0], phases()]).to.deep.equal([signing, ['active', 'staged']]);
    session = await scenario.admitted({ spec: { restartPolicy: 'Always' } });
    await cluster.ready(session);
  });

  it('with leaves of the new root: no admission and no claim fails, nor does a second claim of a session', async () => {
    const before = await served();
    await nothingFails(() => stepRoot(cluster));
    expect(phases()).to.deep.equal(['retired', 'active']);
    expect(await served()).to.not.equal(before);
    await startsAgain();
  });

  it('with the old root gone: no admission and no claim fails, nor does a second claim of a session', async () => {
    const [, kept] = rootIds();
    await nothingFails(() => stepRoot(cluster));
    expect(rootIds()).to.deep.equal([kept]);
    await startsAgain();
  });
});
