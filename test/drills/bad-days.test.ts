import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { eventually } from '../eventually.ts';
import { leasePath, messageOf, nameOf, secretPath, sessions, startDrill, type Drill } from './cluster.ts';

type Service = 'console' | 'webhook' | 'keyservice';

describe('bad days, over real processes', function () {
  this.timeout(90_000);
  let drill: Drill;
  let alice: Person;
  let annotations: Readonly<Record<string, string>>;
  const pids = new Map<Service, number>();

  before(async () => {
    drill = await startDrill({ env: { webhook: { TWOFOLD_GRACE_SECONDS: '1' } } });
    for (const name of ['console', 'webhook', 'keyservice'] as const)
      pids.set(name, drill.stack.services[name].pid);
    // The API server waits this long, and says so in its call.
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/zz-twofold';
    const configuration = await drill.admin.must<{ webhooks: object[] }>('GET', path);
    const webhooks = configuration.webhooks.map((webhook) => ({ ...webhook, timeoutSeconds: 2 }));
    await drill.admin.must('PUT', path, { ...configuration, webhooks });
    alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
  });
  after(() => drill.stack.stop());

  const signal = (name: Service, what: NodeJS.Signals): void => {
    process.kill(pids.get(name) ?? 0, what);
  };
  const restart = async (name: Service): Promise<void> => {
    pids.set(name, (await drill.stack.restart(name)).pid);
  };
  const works = async (): Promise<void> => {
    const { exitCode, message, files } = await drill.runPod(await drill.admitPod(annotations));
    expect([exitCode, message, files['db-password']?.toString()]).to.deep.equal([0, '', 'value']);
  };

  for (const name of ['keyservice', 'console'] as const) {
    it(`with the ${name} down: the pod is refused with a reason, and works again when it is back`, async () => {
      signal(name, 'SIGKILL');
      const answer = await drill.createPod(annotations);
      expect(answer.status).to.equal(503);
      expect(messageOf(answer)).to.contain(`${name} did not answer`).and.contain(`(${name}_unavailable)`);
      await restart(name);
      await works();
    });

    it(`with the ${name} hanging: the webhook answers within the API server’s deadline`, async () => {
      signal(name, 'SIGSTOP');
      const started = Date.now();
      const answer = await drill.createPod(annotations);
      signal(name, 'SIGCONT');
      expect(Date.now() - started, 'it is given time').to.be.at.least(1_000);
      // The webhook's own words: past the deadline, the API server would say that it failed to call it.
      expect(messageOf(answer)).to.contain('within').and.contain(`(${name}_unavailable)`);
      await works();
    });
  }

  it('with the webhook down: session pods are refused, others are none of its business', async () => {
    signal('webhook', 'SIGKILL');
    const answer = await drill.createPod(annotations);
    expect(answer.status).to.equal(500);
    expect(messageOf(answer)).to.contain('failed calling webhook');
    expect((await drill.createPod({})).status).to.equal(201);
    await restart('webhook');
    await works();
  });

  it('with the console down while the init container claims: it waits, and gets its keys when it is back', async () => {
    const pod = await drill.admitPod(annotations);
    signal('console', 'SIGKILL');
    const running = drill.runPod(pod);
    await restart('console');
    expect((await running).exitCode).to.equal(0);
  });

  it('with the console killed in the middle of writes: each was stored whole or not at all', async () => {
    const names = Array.from({ length: 40 }, () => nameOf('burst'));
    const answers = names.map((name) =>
      alice.call('POST', '/api/v1/secrets', { name, value: 'v' }).catch(() => undefined),
    );
    await Promise.race(answers);
    signal('console', 'SIGKILL');
    const told = await Promise.all(answers);
    await restart('console');
    const { items } = await alice.must<{ items: { name: string }[] }>('GET', '/api/v1/secrets?limit=200');
    const stored = new Set(items.map(({ name }) => name));
    const promised = names.filter((_, at) => told[at]?.status === 201);
    expect(
      promised.filter((name) => !stored.has(name)),
      'promised but lost',
    ).to.deep.equal([]);
    for (const name of names.filter((each) => stored.has(each)).slice(0, 3)) {
      const ticket = await alice.ticket({ namespace: sessions, secrets: [name] });
      const { files } = await drill.runPod(await drill.admitPod(ticket.annotations));
      expect(files[name]?.toString()).to.equal('v');
    }
  });

  it('with the pod rejected after the webhook, as by a quota: Lease and Secret go after the grace period', async () => {
    // A second pod of one name: refused by the API server only after admission.
    const pod = await drill.admitPod(annotations);
    const again = await drill.createPod(annotations, { metadata: { name: pod.metadata.name } });
    expect(again.status).to.equal(409);
    await eventually('only the pod’s own Lease is left', async () => {
      const leases = await drill.admin.must<{ items: { metadata: { ownerReferences?: object[] } }[] }>(
        'GET',
        `/apis/coordination.k8s.io/v1/namespaces/${sessions}/leases`,
      );
      return leases.items.every(({ metadata }) => metadata.ownerReferences !== undefined);
    });
    expect((await drill.admin.call('GET', secretPath(pod))).status).to.equal(200);
  });

  it('with the webhook killed before its pod exists: the next one sweeps what it left', async () => {
    const burst = Array.from({ length: 20 }, () => drill.createPod(annotations).catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, 60));
    signal('webhook', 'SIGKILL');
    await Promise.all(burst);
    await restart('webhook');
    await eventually('every Secret left has its pod', async () => {
      interface List {
        items: { metadata: { labels?: Record<string, string> } }[];
      }
      const sids = async (path: string): Promise<string[]> => {
        const { items } = await drill.admin.must<List>('GET', path);
        return items.flatMap(({ metadata }) => metadata.labels?.['twofold.dev/session'] ?? []);
      };
      const pods = new Set(await sids(`/api/v1/namespaces/${sessions}/pods`));
      return (await sids(`/api/v1/namespaces/${sessions}/secrets`)).every((sid) => pods.has(sid));
    });
    await works();
  });

  it('after a revocation, a deletion and an expiry: a running pod’s init container gets nothing more', async () => {
    await alice.store('gone', 'x');
    const both = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    const deleted = await alice.ticket({ namespace: sessions, secrets: ['gone'] });
    const [revokedPod, deletedPod] = [
      await drill.admitPod(both.annotations),
      await drill.admitPod(deleted.annotations),
    ];
    expect((await drill.runPod(revokedPod)).exitCode).to.equal(0);
    await alice.must('DELETE', `/api/v1/tickets/${both.jti}`);
    await alice.must('DELETE', '/api/v1/secrets/gone');
    for (const [pod, code] of [
      [revokedPod, 'ticket_revoked'],
      [deletedPod, 'secret_deleted'],
    ] as const) {
      const ended = await drill.runPod(pod);
      expect(ended.exitCode).to.equal(11);
      expect(ended.message).to.contain(`[${code}]`).and.contain('start the session again');
      expect(ended.files).to.deep.equal({});
    }
  });

  it('with a ticket of two uses: a third session ends at claim', async () => {
    const { annotations: twice } = await alice.ticket({
      namespace: sessions,
      secrets: ['db-password'],
      uses: 2,
    });
    const pods = [await drill.admitPod(twice), await drill.admitPod(twice), await drill.admitPod(twice)];
    const codes = [];
    for (const pod of pods) codes.push((await drill.runPod(pod)).exitCode);
    expect(codes).to.deep.equal([0, 0, 10]);
    expect((await drill.runPod(pods[0]!)).exitCode, 'the first again').to.equal(0);
    expect(messageOf(await drill.createPod(twice))).to.contain('(ticket_uses_exceeded)');
  });

  it('with a create that is repeated after the uses are spent: the API server answers, and no new pod gets anything', async () => {
    const { annotations: once } = await alice.ticket({
      namespace: sessions,
      secrets: ['db-password'],
      uses: 1,
    });
    const metadata = { name: nameOf('repeated') };
    const pod = await drill.admitPod(once, { metadata });
    expect((await drill.createPod(once, { metadata })).status, 'not claimed yet').to.equal(409);
    expect((await drill.runPod(pod)).exitCode).to.equal(0);
    for (const query of [undefined, '?dryRun=All']) {
      const again = await drill.createPod(once, { metadata, ...(query === undefined ? {} : { query }) });
      expect([again.status, (again.body as { reason?: string }).reason]).to.deep.equal([
        409,
        'AlreadyExists',
      ]);
      expect(messageOf(again)).to.contain(`"${metadata.name}" already exists`);
    }
    expect((await drill.runPod(pod)).exitCode, 'the first pod again').to.equal(0);
    await drill.admin.must(
      'DELETE',
      `/api/v1/namespaces/${sessions}/pods/${metadata.name}?gracePeriodSeconds=0`,
    );
    const beyond = await drill.runPod(await drill.admitPod(once, { metadata }));
    expect(beyond).to.include({ exitCode: 10 });
    expect(beyond.message).to.contain('[uses_exceeded]').and.contain('get a new ticket');
    expect(beyond.files).to.deep.equal({});
    const elsewhere = await drill.createPod(once, { metadata: { name: nameOf('repeated') } });
    expect(messageOf(elsewhere)).to.contain('(ticket_uses_exceeded)');
  });

  it('with the session’s Secret gone: the container does not start, and says why', async () => {
    const pod = await drill.admitPod(annotations);
    await drill.admin.must('DELETE', leasePath(pod));
    await eventually(
      'Secret gone',
      async () => (await drill.admin.call('GET', secretPath(pod))).status === 404,
    );
    expect(await drill.runPod(pod)).to.include({ exitCode: -1 });
  });
});
