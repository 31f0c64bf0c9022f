import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import type { KubernetesApi } from '#platform/kubernetes.ts';
import { eventually } from '../test/eventually.ts';
import { createSessions } from './sessions.ts';
import { startKubernetes, type TestKubernetes } from './testing/kubernetes.ts';

const sid = '0123456789abcdef0123456789abcdef';

describe('the webhook at the Kubernetes API', () => {
  let kubernetes: TestKubernetes;
  let api: KubernetesApi;
  let admin: KubernetesApi;
  let now = Date.parse('2026-11-21T12:00:00Z');
  const clock = () => now;
  const secrets = '/api/v1/namespaces/sessions/secrets';

  before(async () => {
    kubernetes = await startKubernetes();
    ({ api, admin } = kubernetes);
  });
  after(() => kubernetes.close());

  const content = {
    sid,
    namespace: 'sessions',
    tokens: [{ id: 'id-1', token: 'gAAA' }],
    grant: 'g',
    ca: 'c',
  };
  const sessions = () => createSessions({ api, clock, monotonic: clock }, { graceSeconds: 60 });

  it('creates a Lease, and an immutable Secret that the Lease owns', async () => {
    expect(await sessions().createSession(content, now + 9_000)).to.deep.equal({
      ok: true,
      value: undefined,
    });
    const secret = await admin.get<{
      type: string;
      immutable: boolean;
      data: object;
      metadata: { ownerReferences: object[] };
    }>(`${secrets}/twofold-${sid}`);
    if (!secret.ok) throw new Error(secret.message);
    expect(secret.object).to.include({ type: 'twofold.dev/session', immutable: true });
    expect(secret.object.data).to.have.keys('id-1', 'grant', 'ca.crt');
    expect(secret.object.metadata.ownerReferences[0]).to.include({ kind: 'Lease', name: `twofold-${sid}` });
  });

  it('says why when it cannot', async () => {
    const again = await sessions().createSession(content, now + 9_000);
    expect(again.ok ? '' : again.refusal.message).to.contain('AlreadyExists');
    expect(await api.get(`${secrets}/twofold-${sid}`)).to.include({
      ok: false,
      status: 403,
      reason: 'Forbidden',
    });
  });

  it('names the quota that has no room for a session’s Secret or Lease, and the next step', async () => {
    const counted = [
      ['secrets', 'Secret'],
      ['count/secrets', 'Secret'],
      ['count/leases.coordination.k8s.io', 'Lease'],
    ] as const;
    for (const [at, [resource, what]] of counted.entries()) {
      const namespace = `quota-${at}`;
      await admin.create('/api/v1/namespaces', { metadata: { name: namespace } });
      const quotas = `/api/v1/namespaces/${namespace}/resourcequotas`;
      await admin.create(quotas, { metadata: { name: 'objects' }, spec: { hard: { [resource]: '0' } } });
      await eventually('the quota counts', async () => {
        const quota = await admin.get<{ status: { used?: object } }>(`${quotas}/objects`);
        return quota.ok && quota.object.status.used !== undefined;
      });
      const created = await sessions().createSession({ ...content, namespace }, now + 9_000);
      if (created.ok) throw new Error('created');
      expect(created.refusal).to.include({ code: 'object_quota_exceeded', status: 403 });
      expect(created.refusal.message)
        .to.contain(`no room for the session’s ${what} (exceeded quota: objects, requested: ${resource}=1, `)
        .and.contain(`limited: ${resource}=0); each session needs a Secret and a Lease`)
        .and.contain('a larger quota');
      const page = readFileSync(new URL('../docs/resources.md', import.meta.url), 'utf8');
      if (resource === 'count/secrets')
        expect(page).to.contain(`    ${created.refusal.message} (object_quota_exceeded)\n`);
    }
  });

  it('refuses where what was created comes back without a uid', async () => {
    for (const object of [{}, { metadata: null }, { metadata: {} }, { metadata: { uid: 7 } }]) {
      const broken = {
        ...api,
        create: () => Promise.resolve({ ok: true, object }),
      } as unknown as KubernetesApi;
      const made = await createSessions(
        { api: broken, clock, monotonic: clock },
        { graceSeconds: 60 },
      ).createSession(content, now + 9_000);
      expect(made, JSON.stringify(object)).to.have.nested.property('refusal.code', 'kubernetes_unavailable');
    }
  });

  it('refuses a service account that mounts only listed Secrets, and caches that for 30 s', async () => {
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await admin.create('/api/v1/namespaces/sessions/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'strict', annotations },
    });
    const { accountRefusal } = sessions();
    expect(await accountRefusal('sessions', 'strict', now + 9_000)).to.include({
      code: 'service_account_restricted',
    });
    expect(await accountRefusal('sessions', 'default', now + 9_000)).to.equal(undefined);
    await admin.patch('/api/v1/namespaces/sessions/serviceaccounts/strict', {
      metadata: { annotations: null },
    });
    expect(await accountRefusal('sessions', 'strict', now + 9_000)).to.include({
      code: 'service_account_restricted',
    });
    now += 31_000;
    expect(await accountRefusal('sessions', 'strict', now + 9_000)).to.equal(undefined);
  });

  it('sets variables on a cluster that supports them, and refuses them on an older one, naming files instead', async () => {
    expect(await sessions().variablesRefusal(now + 9_000)).to.equal(undefined);
    const versions = [
      { major: '1', minor: '34', gitVersion: 'v1.34.9' },
      { major: '1', minor: '35+', gitVersion: 'v1.35.0-managed' },
      { major: '2', minor: '0', gitVersion: 'v2.0.0' },
      {},
    ];
    const codes = versions.map(async (object) => {
      const get = () => Promise.resolve({ ok: true as const, object });
      const older = createSessions(
        { api: { ...api, get: get as KubernetesApi['get'] }, clock, monotonic: clock },
        { graceSeconds: 60 },
      );
      return await older.variablesRefusal(now + 9_000);
    });
    const [old, managed, two, unknown] = await Promise.all(codes);
    expect([managed, two]).to.deep.equal([undefined, undefined]);
    expect(unknown).to.include({ code: 'env_unsupported' });
    expect(old).to.include({
      code: 'env_unsupported',
      annotation: 'twofold.dev/env',
      message:
        'variables need Kubernetes 1.35, but this cluster is v1.34.9; remove twofold.dev/env and read the secret as a file',
    });
  });

  it('does not wait longer for the API server than the API server waits for it', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo; // a TCP server's
    const mute = kubernetes.apiAt(`https://127.0.0.1:${port}`);
    const waiting = createSessions({ api: mute, clock, monotonic: clock }, { graceSeconds: 60 });
    const started = performance.now();
    const outcome = await waiting.createSession(content, now + 100);
    expect(outcome.ok ? '' : outcome.refusal.message).to.contain('within 100 ms');
    expect(performance.now() - started).to.be.below(4_000);
    mute.close();
    silent.close();
  });

  it('reports an API server that does not answer as a refusal', async () => {
    const dead = kubernetes.apiAt('https://127.0.0.1:1');
    const lost = await createSessions(
      { api: dead, clock, monotonic: clock },
      { graceSeconds: 60 },
    ).createSession(content, now + 9_000);
    expect(lost.ok ? '' : lost.refusal.message).to.contain('Unreachable');
    dead.close();
  });
});
