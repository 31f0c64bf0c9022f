import { expect } from 'chai';
import type { KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { createJanitor, decide, type Lease, type SessionPod } from './janitor.ts';
import { sessionLease, sessionSecret } from './session-objects.ts';
import { startKubernetes, type TestKubernetes } from './testing/kubernetes.ts';

const sid = '0123456789abcdef0123456789abcdef';
function leaseOwnedBy(ownerKind?: string): Lease {
  return {
    metadata: {
      name: `twofold-${sid}`,
      namespace: 'sessions',
      uid: 'lease-uid',
      labels: { 'twofold.dev/session': sid },
      ...(ownerKind === undefined ? {} : { ownerReferences: [{ kind: ownerKind, uid: 'pod-uid' }] }),
    },
    spec: { holderIdentity: 'twofold-webhook' },
  };
}
function podIn(phase: string): SessionPod {
  return {
    metadata: { name: 'p', namespace: 'sessions', uid: 'pod-uid' },
    status: { phase },
  };
}

describe('what the janitor decides', () => {
  it('waits for the pod within the grace period, and no longer', () => {
    expect(decide(leaseOwnedBy(), undefined, false)).to.equal('keep');
    expect(decide(leaseOwnedBy(), undefined, true)).to.equal('delete');
  });

  it('makes the pod the Lease’s owner, once', () => {
    expect(decide(leaseOwnedBy(), podIn('Pending'), false)).to.equal('adopt');
    expect(decide(leaseOwnedBy(), podIn('Running'), true)).to.equal('adopt');
    expect(decide(leaseOwnedBy('Pod'), podIn('Running'), true)).to.equal('keep');
  });

  it('ends the session of a pod that has ended', () => {
    for (const phase of ['Succeeded', 'Failed']) {
      expect(decide(leaseOwnedBy(), podIn(phase), false)).to.equal('delete');
      expect(decide(leaseOwnedBy('Pod'), podIn(phase), false)).to.equal('delete');
    }
  });

  it('leaves a Lease whose pod is gone to the garbage collector', () => {
    expect(decide(leaseOwnedBy('Pod'), undefined, true)).to.equal('keep');
  });
});

describe('the janitor, with the shipped roles', function () {
  this.timeout(20_000);
  const GRACE_SECONDS = 60;
  const leasesIn = (namespace: string): string =>
    `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const podsIn = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

  let kubernetes: TestKubernetes;
  let api: KubernetesApi;
  let admin: KubernetesApi;
  /** The janitor's clock, unrelated to the API server's and to that of the Lease's writer. */
  let now = 0;
  let lines: string[];
  let last = 0;
  const log = createLog({ service: 'webhook', level: 'warn', write: (line) => lines.push(line) });
  const janitorOf = (namespaces: readonly string[], by: Partial<KubernetesApi> = {}) =>
    createJanitor(
      { api: { ...api, ...by }, monotonic: () => now, log },
      { namespaces, graceSeconds: GRACE_SECONDS },
    );
  const nextSid = (): string => (last += 1).toString(16).padStart(32, '0');
  const go = (): boolean => true;

  const must = async (answer: ReturnType<KubernetesApi['get']>): Promise<void> => {
    const found = await answer;
    if (!found.ok) throw new Error(found.message);
  };
  const createLease = async (namespace: string, id = nextSid(), writtenAt = Date.now()): Promise<string> => {
    const lease = sessionLease({ sid: id, namespace, nowMs: writtenAt, graceSeconds: GRACE_SECONDS });
    await must(admin.create(leasesIn(namespace), lease));
    return id;
  };
  const createPod = (namespace: string, id: string, more: { pad?: number; secret?: string } = {}) => {
    const { pad = 0, secret = `twofold-${id}` } = more;
    const env = Array.from({ length: Math.ceil(pad / 100_000) }, (_, at) => ({
      name: `F${at}`,
      value: 'x'.repeat(100_000),
    }));
    return must(
      admin.create(podsIn(namespace), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-${id}`, labels: { 'twofold.dev/session': id } },
        spec: {
          containers: [{ name: 'main', image: 'example/app:1.0', env }],
          volumes: [{ name: 'session', secret: { secretName: secret } }],
        },
      }),
    );
  };
  const endPod = (namespace: string, id: string, phase: string) =>
    must(admin.patch(`${podsIn(namespace)}/pod-${id}/status`, { status: { phase } }));
  /** `gone`, or the kinds of its owners. */
  const stateOf = async (namespace: string, id: string): Promise<string> => {
    const found = await admin.get<Lease>(`${leasesIn(namespace)}/twofold-${id}`);
    if (!found.ok) return found.status === 404 ? 'gone' : found.reason;
    return (found.object.metadata.ownerReferences ?? []).map(({ kind }) => kind).join();
  };

  beforeEach(async () => {
    lines = [];
    kubernetes = await startKubernetes();
    ({ api, admin } = kubernetes);
  });
  afterEach(() => kubernetes.close());

  it('sweeps the Lease of a pod that never appeared, and its Secret goes with it', async () => {
    const id = await createLease('sessions');
    const lease = await admin.get<Lease>(`${leasesIn('sessions')}/twofold-${id}`);
    const leaseUid = lease.ok ? lease.object.metadata.uid : '';
    const secrets = '/api/v1/namespaces/sessions/secrets';
    const content = { sid: id, namespace: 'sessions', leaseUid, tokens: [], grant: 'g', ca: 'c' };
    await must(admin.create(secrets, sessionSecret(content)));
    const janitor = janitorOf(['sessions']);
    await janitor.sweep(go);
    now += GRACE_SECONDS * 1000;
    await janitor.sweep(go);
    expect(await stateOf('sessions', id), 'within the grace period').to.equal('');
    now += 1;
    await janitor.sweep(go);
    expect(await stateOf('sessions', id)).to.equal('gone');
    while ((await admin.get(`${secrets}/twofold-${id}`)).ok)
      await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('waits the whole grace period by its own clock, whatever the clock of the Lease’s writer says', async () => {
    const hour = 3_600_000;
    const slow = await createLease('sessions', nextSid(), Date.now() - hour);
    const fast = await createLease('sessions', nextSid(), Date.now() + hour);
    const janitor = janitorOf(['sessions']);
    await janitor.sweep(go);
    now += GRACE_SECONDS * 1000;
    await janitor.sweep(go);
    expect([await stateOf('sessions', slow), await stateOf('sessions', fast)]).to.deep.equal(['', '']);
    now += 1;
    await janitor.sweep(go);
    expect([await stateOf('sessions', slow), await stateOf('sessions', fast)]).to.deep.equal([
      'gone',
      'gone',
    ]);
  });

  it('leaves foreign Leases alone, whatever their label', async () => {
    await must(
      admin.create(leasesIn('sessions'), {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: `twofold-${sid}`, labels: { 'twofold.dev/session': sid } },
        spec: { holderIdentity: 'somebody' },
      }),
    );
    const janitor = janitorOf(['*']);
    await janitor.sweep(go);
    now += 1e9;
    await janitor.sweep(go);
    expect(await stateOf('sessions', sid)).to.equal('');
  });

  it('reads no pod for a Lease that has a session’s label but not its name', async () => {
    const id = nextSid();
    await createPod('sessions', id);
    for (let count = 0; count < 3; count += 1)
      await must(
        admin.create(leasesIn('sessions'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: `many-${count}`, labels: { 'twofold.dev/session': id } },
          spec: { holderIdentity: 'twofold-webhook' },
        }),
      );
    const read: string[] = [];
    const page: KubernetesApi['page'] = (path, query) => {
      if (query.fieldSelector?.startsWith('metadata.name=')) read.push(query.fieldSelector);
      return api.page(path, query);
    };
    await janitorOf(['sessions'], { page }).sweep(go);
    expect(read).to.deep.equal([]);
  });

  it('does not take a pod for the session’s by its label alone', async () => {
    const id = await createLease('sessions');
    await createPod('sessions', id, { secret: 'another' });
    const janitor = janitorOf(['sessions']);
    await janitor.sweep(go);
    expect(await stateOf('sessions', id)).to.equal('');
    now += GRACE_SECONDS * 1000 + 1;
    await janitor.sweep(go);
    expect(await stateOf('sessions', id)).to.equal('gone');
  });

  it('sweeps among 27 session pods of 1.3 MB each, too large for one answer together', async () => {
    const fat = [];
    for (let at = 0; at < 27; at += 1) {
      const id = await createLease('sessions');
      await createPod('sessions', id, { pad: 1_300_000 });
      fat.push(id);
    }
    const [never, ended] = [await createLease('sessions'), await createLease('sessions')];
    await createPod('sessions', ended);
    const janitor = janitorOf(['sessions']);
    await janitor.sweep(go);
    for (const id of [...fat, ended]) expect(await stateOf('sessions', id)).to.equal('Pod');
    await endPod('sessions', ended, 'Succeeded');
    await endPod('sessions', fat[0] ?? '', 'Failed');
    now += GRACE_SECONDS * 1000 + 1;
    await janitor.sweep(go);
    for (const id of [never, ended, fat[0] ?? '']) expect(await stateOf('sessions', id)).to.equal('gone');
    expect(lines).to.deep.equal([]);
  });

  it('sweeps among an editor’s own Leases of 1.3 MB each', async () => {
    for (let at = 0; at < 27; at += 1)
      await must(
        admin.create(leasesIn('sessions'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: `fat-${at}`, labels: { 'twofold.dev/session': sid } },
          spec: { holderIdentity: 'x'.repeat(1_300_000) },
        }),
      );
    const id = await createLease('sessions');
    await createPod('sessions', id);
    await janitorOf(['*']).sweep(go);
    expect(await stateOf('sessions', id)).to.equal('Pod');
  });

  it('sweeps every namespace where not each is named, for only the cluster knows the others', async () => {
    const [named, unnamed] = [await createLease('sessions'), await createLease('team')];
    await createPod('sessions', named);
    await createPod('team', unnamed);
    await janitorOf(['sessions']).sweep(go);
    expect([await stateOf('sessions', named), await stateOf('team', unnamed)]).to.deep.equal(['Pod', '']);
    for (const namespaces of [
      ['sessions', 'jupyter-*'],
      ['sessions', 'twofold.dev/sessions=enabled'],
    ]) {
      const id = await createLease('third');
      await createPod('third', id);
      await janitorOf(namespaces).sweep(go);
      expect(await stateOf('third', id)).to.equal('Pod');
    }
  });

  it('continues with the other namespaces when one fails, and with the other pods when one cannot be read', async () => {
    const [first, second, other] = [
      await createLease('second'),
      await createLease('second'),
      await createLease('third'),
    ];
    for (const id of [first, second]) await createPod('second', id);
    await createPod('third', other);
    const page: KubernetesApi['page'] = (collection, query) => {
      if (collection.includes('/namespaces/first/')) throw new Error('the token cannot be read');
      const refusal = { ok: false as const, status: 500, reason: 'InternalError', message: '' };
      if (query.fieldSelector?.endsWith(`pod-${first}`)) return Promise.resolve(refusal);
      return api.page(collection, query);
    };
    await janitorOf(['first', 'second', 'third'], { page }).sweep(go);
    expect([await stateOf('second', second), await stateOf('third', other)]).to.deep.equal(['Pod', 'Pod']);
    expect(await stateOf('second', first), 'not known to be without a pod').to.equal('');
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).to.deep.equal(['sweep failed', 'pod could not be read']);
  });

  it('stops when its replica no longer leads', async () => {
    const ids = [await createLease('sessions'), await createLease('sessions'), await createLease('sessions')];
    for (const id of ids) await createPod('sessions', id);
    let turns = 2;
    await janitorOf(['sessions']).sweep(() => (turns -= 1) >= 0);
    const states = [];
    for (const id of ids) states.push(await stateOf('sessions', id));
    expect(states.sort()).to.deep.equal(['', 'Pod', 'Pod']);
  });
});
