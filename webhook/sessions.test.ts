import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createKubernetesApi, type KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { parseManifests } from '../manifests/kustomize.ts';
import { startApiServer, type ApiServer } from '../scripts/dev/api-server/server.ts';
import { testCertificates } from '../test/certificates.ts';
import { createApiClient } from './api-client.ts';
import { createElection } from './election.ts';
import { createJanitor } from './janitor.ts';
import { createSessions } from './sessions.ts';
import { testFolder } from '../test/folder.ts';

const sid = '0123456789abcdef0123456789abcdef';
const manifest = (path: string) =>
  parseManifests(readFileSync(new URL(`../manifests/${path}`, import.meta.url), 'utf8'));

/** As the webhook's service account, with the shipped roles and nothing else. */
describe('what the webhook does at the Kubernetes API', () => {
  let server: ApiServer;
  let apiAt: (url: string, tokenFile?: string) => KubernetesApi;
  let api: KubernetesApi;
  let admin: KubernetesApi;
  let now = Date.parse('2026-11-21T12:00:00Z');
  const clock = () => now;
  const log = createLog({ service: 'webhook', level: 'silent' });
  const leases = '/apis/coordination.k8s.io/v1/namespaces/sessions/leases';
  const secrets = '/api/v1/namespaces/sessions/secrets';

  before(async () => {
    const certificates = await testCertificates();
    const tls = certificates.leaf('console');
    server = await startApiServer({
      ...{ host: '127.0.0.1', port: 0, tls, clientCa: tls.ca },
      manifests: [...manifest('base/rbac.yaml'), ...manifest('components/all-namespaces/role-binding.yaml')],
    });
    const kubernetesCaFile = join(certificates.leafDir('console'), 'ca.crt');
    apiAt = (kubernetesUrl, kubernetesTokenFile = '/dev/null') =>
      createKubernetesApi({ kubernetesUrl, kubernetesTokenFile, kubernetesCaFile }, createApiClient);
    const apiFor = async (user: string, groups: string[]): Promise<KubernetesApi> => {
      const file = join(testFolder('token'), 'token');
      writeFileSync(file, await server.token(user, groups));
      return apiAt(server.url, file);
    };
    api = await apiFor('system:serviceaccount:twofold-webhook:webhook', []);
    admin = await apiFor('admin', ['system:masters']);
  });
  after(async () => {
    api.close();
    admin.close();
    await server.close();
  });

  const content = {
    sid,
    namespace: 'sessions',
    tokens: [{ id: 'id-1', token: 'gAAA' }],
    grant: 'g',
    ca: 'c',
  };
  const sessions = () => createSessions({ api, clock }, { graceSeconds: 60 });

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

  it('refuses a service account that mounts only listed Secrets, and remembers for 30 s', async () => {
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

  it('sets variables on a cluster that can, and refuses them on an older one, naming files instead', async () => {
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
        { api: { ...api, get: get as KubernetesApi['get'] }, clock },
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
        'variables need Kubernetes 1.35, and this cluster is v1.34.9; remove twofold.dev/env and read the secret as a file',
    });
  });

  it('does not wait longer for the API server than the API server waits for it', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo; // a TCP server's
    const mute = apiAt(`https://127.0.0.1:${port}`);
    const waiting = createSessions({ api: mute, clock }, { graceSeconds: 60 });
    const started = performance.now();
    const outcome = await waiting.createSession(content, now + 100);
    expect(outcome.ok ? '' : outcome.refusal.message).to.contain('within 100 ms');
    expect(performance.now() - started).to.be.below(4_000);
    mute.close();
    silent.close();
  });

  it('sweeps the Lease of a pod that never came, and its Secret goes with it', async () => {
    const janitor = createJanitor({ api, clock, log }, { namespaces: ['sessions'] });
    await janitor.sweep();
    expect((await admin.get(`${leases}/twofold-${sid}`)).ok, 'within the grace period').to.equal(true);
    now += 61_000;
    await janitor.sweep();
    expect(await admin.get(`${leases}/twofold-${sid}`)).to.include({ status: 404 });
    while ((await admin.get(`${secrets}/twofold-${sid}`)).ok)
      await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('leaves foreign Leases alone, whatever their label', async () => {
    const foreign = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'theirs', labels: { 'twofold.dev/session': sid } },
      spec: { holderIdentity: 'somebody' },
    };
    await admin.create(leases, foreign);
    await createJanitor({ api, clock, log }, { namespaces: ['*'] }).sweep();
    expect((await admin.get(`${leases}/theirs`)).ok).to.equal(true);
  });

  it('elects one janitor, and another when that one is silent', async () => {
    const settings = { namespace: 'twofold-webhook', name: 'twofold-janitor', durationSeconds: 30 };
    const one = createElection({ api, clock }, { ...settings, identity: 'one' });
    const two = createElection({ api, clock }, { ...settings, identity: 'two' });
    const first = await Promise.all([one.lead(), two.lead()]);
    expect(first.filter(Boolean), 'exactly one of two at once').to.have.length(1);
    const [leader, other] = first[0] ? [one, two] : [two, one];
    now += 29_000;
    expect([await other.lead(), await leader.lead()]).to.deep.equal([false, true]);
    now += 31_000;
    expect([await other.lead(), await leader.lead()]).to.deep.equal([true, false]);
  });

  it('reports an API server that does not answer as a refusal', async () => {
    const dead = apiAt('https://127.0.0.1:1');
    const lost = await createSessions({ api: dead, clock }, { graceSeconds: 60 }).createSession(
      content,
      now + 9_000,
    );
    expect(lost.ok ? '' : lost.refusal.message).to.contain('Unreachable');
    dead.close();
  });
});
