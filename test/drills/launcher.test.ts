import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { createPerson, type ApiAnswer, type Person } from '../../scripts/dev/person.ts';
import { messageOf, nameOf, sessions, startDrill, type Drill } from './cluster.ts';
import { hub as trusted, launchersFile } from '../launchers.ts';

const hub = { namespace: 'hub', name: 'hub' };
const username = `system:serviceaccount:${hub.namespace}:${hub.name}` as const;
const [servers] = trusted.namespaces;
const launcher = { ...trusted, username, annotation: 'hub.example/user' };
const RBAC = 'rbac.authorization.k8s.io';

/** `drill.developer` is an editor of every namespace, the launcher's own included. */
describe('a launcher’s account, over real processes', function () {
  this.timeout(60_000);
  let drill: Drill;
  const speakers: Person[] = [];

  before(async () => {
    drill = await startDrill({ launchersFile: launchersFile(launcher) });
    await drill.person('alice').store('db-password', 'value');
    // As the hub's chart does it: the account is there, and may create pods where its servers run.
    const base = `/api/v1/namespaces/${hub.namespace}`;
    await drill.admin.must('POST', `${base}/serviceaccounts`, { metadata: { name: hub.name } });
    await drill.admin.must('POST', `/apis/${RBAC}/v1/namespaces/${servers}/rolebindings`, {
      metadata: { name: hub.name, namespace: servers },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', ...hub }],
    });
  });
  after(async () => {
    for (const speaker of speakers) speaker.close();
    await drill.stack.stop();
  });

  const speaking = (bearer: string): Person => {
    const speaker = createPerson({ ...drill.stack.kubernetes, bearer });
    speakers.push(speaker);
    return speaker;
  };
  const askForToken = (by: Person, spec: object, { namespace, name } = hub): Promise<ApiAnswer> =>
    by.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
  const tokenOf = ({ body }: ApiAnswer): string => (body as { status: { token: string } }).status.token;
  const spawn = (by: Person, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    drill.createPod(
      { 'twofold.dev/secrets': 'db-password', [launcher.annotation]: 'alice' },
      { namespace: servers, by, headers },
    );
  const hubPod = (): Promise<Pod> =>
    drill.admin.must<Pod>('POST', `/api/v1/namespaces/${hub.namespace}/pods`, {
      metadata: { name: nameOf('hub') },
      spec: { serviceAccountName: hub.name, containers: [{ name: 'hub', image: 'example/hub:1' }] },
    });
  const boundTo = ({ metadata: { name, uid } }: Pod) => ({
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
  });

  it('starts sessions with the token that the kubelet gives to its pod', async () => {
    const kubelet = speaking(readFileSync(drill.stack.tokens.kubelet, 'utf8'));
    const pod = await hubPod();
    await drill.stack.kubernetes.schedule(hub.namespace, pod.metadata.name ?? '');
    const minted = await askForToken(kubelet, boundTo(pod));
    expect(minted.status, messageOf(minted)).to.equal(201);
    const answer = await spawn(speaking(tokenOf(minted)));
    expect(answer.status, messageOf(answer)).to.equal(201);
    expect((await drill.runPod(answer.body as Pod)).files['db-password']?.toString()).to.equal('value');
  });

  it('is not whoever may mint tokens where it lives: refused by the guard, bound to its pod or not', async () => {
    const pod = await hubPod();
    for (const spec of [{}, boundTo(pod), { audiences: ['vault'] }]) {
      const answer = await askForToken(drill.developer, spec);
      expect(messageOf(answer)).to.contain('twofold-launcher-account');
      expect(answer.body).not.to.have.nested.property('status.token');
    }
    expect((await askForToken(drill.developer, {}, { ...hub, name: 'default' })).status).to.equal(201);
  });

  it('gets no token that never ends from a Secret, made so or made over', async () => {
    const path = `/api/v1/namespaces/${hub.namespace}/secrets`;
    const tokenSecret = (account: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'a-token', annotations: { 'kubernetes.io/service-account.name': account } },
    });
    const created = await drill.developer.call('POST', path, tokenSecret(hub.name));
    expect(messageOf(created)).to.contain('twofold-launcher-account');
    await drill.developer.must('POST', path, tokenSecret('default'));
    const updated = await drill.developer.call('PUT', `${path}/a-token`, tokenSecret(hub.name));
    expect(messageOf(updated)).to.contain('twofold-launcher-account');
  });

  it('is not who impersonates it, as an editor may: refused by the webhook, for no pod is behind it', async () => {
    // `edit` has this right in Kubernetes, but none to say which pod.
    const answer = await spawn(drill.developer, { 'impersonate-user': username });
    expect(messageOf(answer)).to.contain('(launcher_not_pod_bound)');
  });

  it('is not a token from before the guard, or from elsewhere: refused by the webhook', async () => {
    // The API server signs whatever its own administrator of keys asks for.
    const answer = await spawn(speaking(await drill.stack.kubernetes.token(username)));
    expect(messageOf(answer)).to.contain('(launcher_not_pod_bound)');
  });

  for (const [service, bundle] of [
    ['console', 'console.js'],
    ['webhook', 'webhook.js'],
  ] as const) {
    it(`may not live where its sessions run, unless that is said: the ${service} does not start`, () => {
      const file = launchersFile({ ...launcher, namespaces: [sessions, hub.namespace] });
      const env = { PATH: process.env['PATH'], TWOFOLD_LAUNCHERS_FILE: file };
      const { status, stderr } = spawnSync(process.execPath, [join('dist', bundle)], {
        env,
        encoding: 'utf8',
      });
      expect(status).to.equal(78);
      expect(stderr).to.match(/launcher 1: sessions may run in hub, .*"sharedNamespace": true/);
    });
  }
});
