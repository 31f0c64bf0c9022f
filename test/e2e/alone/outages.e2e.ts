import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../../eventually.ts';
import { connect, orphans } from '../cluster/connection.ts';
import { everStarted, initOf, isAsking, openGate, pod, uniqueName } from '../sessions/pods.ts';
import { kubectlOutput } from '../cluster/kubectl.ts';
import { resizeTmpfs, volumeFolder } from '../cluster/node.ts';
import { startScenario, type Scenario } from '../sessions/scenario.ts';
import { createServices } from '../cluster/services.ts';

/** Longer than an init container keeps retrying. */
const RETRIES_OVER_MS = 90_000;
const PAGE_BYTES = 4096;

describe('outages', () => {
  const cluster = connect();
  const services = createServices(cluster);
  let scenario: Scenario;

  /** What a user reads on the terminal when a pod cannot be admitted; asserts that nothing was created. */
  const refusal = async (): Promise<string> => {
    const object = scenario.session();
    const before = await orphans(cluster);
    const refused = await cluster.tryCreate(object);
    expect(refused.code, refused.stdout).to.equal(1);
    expect(await cluster.readPod(object.metadata.name)).to.equal(undefined);
    // Older ones may be swept in the meantime.
    expect(before).to.include.members([...(await orphans(cluster))]);
    return refused.stderr;
  };
  const plainPodRuns = async (): Promise<void> => {
    const labels = { scenario: scenario.name };
    const name = uniqueName('plain');
    await cluster.create(pod({ name, labels }));
    const { spec, metadata } = await cluster.ready(name);
    expect([spec?.initContainers, metadata?.labels]).to.deep.equal([undefined, labels]);
  };

  before(async () => {
    scenario = await startScenario(cluster, 'outage');
  });
  after(async () => {
    await services.restore();
    await scenario.end();
  });

  describe('the keyservice is down', () => {
    before(() => services.stop('keyservice'));
    after(() => services.start('keyservice'));

    it('refuses a session with the reason and the next step, and creates neither Lease nor Secret', async () => {
      const said = await refusal();
      expect(said).to.contain('admission webhook "pods.twofold.dev" denied the request');
      expect(said).to.match(
        /keyservice did not answer \(.+\); try again; if it persists, tell the cluster’s operator/,
      );
      expect(said).to.contain('(keyservice_unavailable)');
    });

    it('admits a pod that requests no secrets, unchanged', plainPodRuns);

    it('serves again once it is back', async () => {
      await services.start('keyservice');
      await scenario.works();
    });
  });

  describe('the console is down', () => {
    let running: string;
    const names = { never: '', always: '', full: '', waiting: '' };
    const open = (name: string): Promise<void> => openGate(cluster.sessions, name);
    const folder = async (name: string): Promise<string> =>
      volumeFolder((await cluster.readPod(name))!, 'twofold-files');
    /** The kubelet removes the volumes of a failed pod. */
    const filesOf = async (name: string): Promise<readonly string[]> => {
      const path = await folder(name);
      return existsSync(path) ? readdirSync(path) : [];
    };

    before(async () => {
      running = await scenario.admitted();
      await cluster.ready(running);
      names.never = await scenario.gated();
      names.always = await scenario.gated({ spec: { restartPolicy: 'Always' } });
      names.full = await scenario.gated();
      names.waiting = await scenario.gated();
      await services.stop('console');
      await Promise.all([open(names.never), open(names.always)]);
    });
    after(() => services.start('console'));

    describe('and the rest is not', () => {
      it('refuses a session with the reason and the next step, and creates neither Lease nor Secret', async () => {
        const said = await refusal();
        expect(said).to.contain('admission webhook "pods.twofold.dev" denied the request');
        expect(said).to.match(
          /console did not answer \(.+\); try again; if it persists, tell the cluster’s operator/,
        );
        expect(said).to.contain('(console_unavailable)');
      });

      it('leaves running sessions their files', async () => {
        await scenario.hasFiles(running);
      });

      it('holds an admitted session in its init container while that requests the keys', async () => {
        const asking = await cluster.podThat('asks', names.never, isAsking);
        expect(everStarted(asking)).to.equal(false);
        expect(await filesOf(names.never)).to.deep.equal([]);
      });
    });

    // In the meantime, the init containers keep retrying.
    describe('and the webhook, too', () => {
      before(() => services.stop('webhook'));
      after(() => services.start('webhook'));

      it('lets no session in without its secrets: the API server refuses it, and names the webhook', async () => {
        const said = await refusal();
        expect(said).to.match(/^Error from server \(InternalError\)/);
        expect(said).to.contain('failed calling webhook "pods.twofold.dev"');
      });

      it('admits a pod that requests no secrets, unchanged', plainPodRuns);

      it('leaves running sessions their files', async () => {
        await scenario.hasFiles(running);
      });

      it('shows on a controller why it has no pods', async () => {
        const job = uniqueName('job');
        const { spec } = scenario.session();
        const template = { metadata: { annotations: scenario.annotations }, spec };
        await cluster.create({
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: job },
          spec: { template },
        });
        const described = await eventually('the Job has an event', async () => {
          const out = await kubectlOutput(['describe', 'job', job, '--namespace', cluster.sessions]);
          return out.includes('FailedCreate') ? out : undefined;
        });
        expect(described).to.contain('failed calling webhook "pods.twofold.dev"');
        await cluster.remove('job', job);
      });

      it('responds again once it is back', async () => {
        await services.start('webhook');
        expect(await refusal()).to.contain('(console_unavailable)');
      });
    });

    describe('for longer than an init container retries', () => {
      it('ends the init container after its retries: the pod shows why, and never starts', async () => {
        const failed = await cluster.ended(names.never, { timeoutMs: RETRIES_OVER_MS });
        expect(failed.status?.phase).to.equal('Failed');
        const ended = initOf(failed)?.state?.terminated;
        expect(ended?.exitCode).to.equal(13);
        expect(ended?.message).to.match(
          /^twofold: the console did not return the keys within 60 s: .+ cannot be reached/,
        );
        expect(ended?.message).to.match(/tell the cluster’s operator \(unreachable\)$/);
        expect(everStarted(failed)).to.equal(false);
        const described = await kubectlOutput([
          'describe',
          'pod',
          names.never,
          '--namespace',
          cluster.sessions,
        ]);
        expect(described).to.contain(ended?.message ?? 'no message');
        const row = await kubectlOutput([
          'get',
          'pod',
          names.never,
          '--namespace',
          cluster.sessions,
          '--no-headers',
        ]);
        expect(row).to.match(/0\/1\s+Init:Error/);
      });

      it('lets the kubelet retry where the pod’s restart policy asks for it', async () => {
        const tried = await cluster.podThat(
          'has failed once',
          names.always,
          (each) => (initOf(each)?.lastState?.terminated ?? initOf(each)?.state?.terminated)?.exitCode === 13,
        );
        expect(everStarted(tried)).to.equal(false);
        expect(await filesOf(names.always)).to.deep.equal([]);
      });

      it('gives a session that waited its files as soon as the console is back', async () => {
        await Promise.all([open(names.waiting), open(names.full)]);
        await Promise.all([names.waiting, names.full].map((name) => cluster.podThat('asks', name, isAsking)));
        // In the meantime: for the next scenario the memory volume shrinks to a page.
        await resizeTmpfs(await folder(names.full), PAGE_BYTES);
        await services.start('console');
        const ready = await cluster.ready(names.waiting);
        expect(initOf(ready)?.restartCount).to.equal(0);
        await scenario.hasFiles(names.waiting);
      });

      it('with the memory volume full: reports it, leaves no partial files, and never starts', async () => {
        const failed = await cluster.ended(names.full);
        const ended = initOf(failed)?.state?.terminated;
        expect([failed.status?.phase, ended?.exitCode]).to.deep.equal(['Failed', 14]);
        expect(ended?.message).to.equal(
          'twofold: the memory volume is full; ask for fewer or smaller secrets (volume_full)',
        );
        expect(everStarted(failed)).to.equal(false);
        expect(await filesOf(names.full)).to.deep.equal([]);
      });

      it('gives the session that the kubelet retried its files, too', async () => {
        const ready = await cluster.ready(names.always, { timeoutMs: 120_000 });
        expect(initOf(ready)?.restartCount).to.be.greaterThan(0);
        await scenario.hasFiles(names.always);
      });

      it('removes what failed sessions left, and admits new ones', async () => {
        for (const name of [names.never, names.full]) {
          const { metadata } = (await cluster.readPod(name))!;
          await cluster.noSessionObjects(metadata?.labels?.['twofold.dev/session'] ?? 'none');
        }
        await scenario.works();
      });
    });
  });
});
