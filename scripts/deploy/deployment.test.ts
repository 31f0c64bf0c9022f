/**
 * `make deploy` and `make undeploy` on a real control plane: what they change, and what they leave alone. There is no node,
 * so a stand-in for its kubelet says of each pod what it was told to.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { render } from '../../manifests/kustomize.ts';
import { controlPlane, createApi, type Api } from '../../test/control-plane.ts';
import { testFolder } from '../../test/folder.ts';
import { readChoices, type Choices } from './choices.ts';
import { makeConsoleKeys, publicTicketKeys } from './console-keys.ts';
import { deploy } from './deployment.ts';
import { DeployError } from './failure.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { undeploy } from './removal.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const NAMESPACES = ['twofold-console', 'twofold-webhook', 'twofold-keyservice'];
const TYPO = 'console: TWOFOLD_CLUSTR is not a setting of this service';

/** Like an operator's, on the overlay for one console on a volume. */
function writeOverlay(folder: string, consoleEnv: readonly object[] = []): string {
  const manifests = relative(folder, join(repository, 'manifests'));
  const settings = {
    publicUrl: 'https://twofold.test:8443',
    oidcIssuer: 'https://login.test',
    cluster: 'test',
    envEnabled: 'true',
  };
  const files = {
    'kustomization.yaml': {
      resources: [`${manifests}/overlays/sqlite`],
      components: ['settings', `${manifests}/components/settings`],
      patches: [{ path: 'console.yaml' }, { path: 'guard.yaml' }],
    },
    'settings/kustomization.yaml': {
      apiVersion: 'kustomize.config.k8s.io/v1alpha1',
      kind: 'Component',
      patches: [{ path: 'settings.yaml' }],
    },
    'settings/settings.yaml': {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'twofold-settings' },
      data: settings,
    },
    'console.yaml': {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'console', namespace: 'twofold-console' },
      spec: { template: { spec: { containers: [{ name: 'console', env: consoleEnv }] } } },
    },
    // The self-test ends here: behind it, there is no webhook to test.
    'guard.yaml': {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'twofold-token' },
      spec: { validationActions: ['Audit'] },
    },
  };
  mkdirSync(join(folder, 'settings'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
  return folder;
}

/** What the cluster of an operator has before Twofold comes. */
const vaultAndStorage = [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: 'secrets-store.csi.k8s.io' },
    spec: { volumeLifecycleModes: ['Ephemeral'], attachRequired: false },
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.org/none',
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'secretproviderclasses.secrets-store.csi.x-k8s.io' },
    spec: {
      group: 'secrets-store.csi.x-k8s.io',
      names: {
        kind: 'SecretProviderClass',
        plural: 'secretproviderclasses',
        singular: 'secretproviderclass',
      },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  },
];
const vaultClass = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'twofold-console' } },
  {
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: { name: 'twofold-console-keys', namespace: 'twofold-console' },
    spec: { provider: 'vault' },
  },
];

/** Everything of Twofold's that the API server has. */
async function ours(kubectl: Kubectl): Promise<readonly string[]> {
  const kinds = [
    'namespaces',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'clusterroles',
    'clusterrolebindings',
    'rolebindings',
    'networkpolicies',
  ];
  const said = await kubectl.run(['get', kinds.join(','), '-A', '-o', 'name']);
  return said
    .split('\n')
    .filter((line) => line.includes('twofold'))
    .sort();
}

type Verdict = (pod: V1Pod) => 'ready' | 'valid' | 'mistyped' | 'waits';

/** Says of each pod what the verdict is, until it is stopped. */
function startKubelet(api: Api, verdict: () => Verdict) {
  let running = true;
  const at = new Date().toISOString();
  const ended = (exitCode: number, message?: string) => ({
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: [
      {
        name: 'console',
        image: 'i',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, message, reason: 'Error' } },
      },
    ],
  });
  const statuses = {
    ready: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }] },
    valid: ended(0),
    mistyped: ended(78, `${TYPO}\n`),
    waits: undefined,
  };
  const loop = async (): Promise<void> => {
    while (running) {
      const { items } = await api.must<{ items: V1Pod[] }>({ method: 'GET', path: '/api/v1/pods' });
      for (const pod of items) {
        const status = statuses[verdict()(pod)];
        if (status === undefined || (pod.status?.phase ?? 'Pending') !== 'Pending') continue;
        const path = `/api/v1/namespaces/${pod.metadata?.namespace ?? ''}/pods/${pod.metadata?.name ?? ''}/status`;
        // It may be gone by now.
        await api.call({
          method: 'PATCH',
          path,
          body: { status },
          contentType: 'application/merge-patch+json',
        });
      }
      await wait(200);
    }
  };
  const done = loop();
  return {
    stop: async () => {
      running = false;
      await done;
    },
  };
}

function isCheck({ metadata }: V1Pod): boolean {
  return metadata?.labels?.['app.kubernetes.io/component'] === 'settings-check';
}

describe('make deploy and make undeploy, at a real API server', function () {
  this.timeout(180_000);
  let kubectl: Kubectl;
  let ticketKeys: ReturnType<typeof publicTicketKeys>;
  let kubelet: ReturnType<typeof startKubelet>;
  let verdict: Verdict = () => 'waits';
  const dir = join(testFolder('deploy'), 'certificates');
  const own = join(repository, '.cache', `deploy-test-${process.pid}`);
  const said: string[] = [];

  before(async () => {
    const { folder, admin } = await controlPlane('deploy');
    const bin = execFileSync(join(repository, 'scripts/kubernetes/build'), ['control-plane'], {
      encoding: 'utf8',
    }).trim();
    kubectl = createKubectl({
      ...process.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      KUBECONFIG: join(folder, 'admin.kubeconfig'),
    });
    ticketKeys = publicTicketKeys((await makeConsoleKeys())['ticket.json']);
    await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sessions' } }]);
    kubelet = startKubelet(createApi(admin), () => verdict);
  });
  after(async () => {
    await kubelet.stop();
    rmSync(own, { recursive: true, force: true });
  });
  beforeEach(() => said.splice(0));

  const up = async (overlay: string, now: Choices = {}): Promise<string> => {
    const deployed = deploy(kubectl, {
      overlay,
      certificates: { dir },
      ticketKeys,
      choices: await readChoices(kubectl, now),
      login: undefined,
      secrets: [],
      say: (line) => said.push(line),
    });
    return await deployed.then(
      () => '',
      (error: unknown) => {
        if (error instanceof DeployError) return `${error.message} → ${error.next}`;
        throw error;
      },
    );
  };
  const down = () => undeploy(kubectl, (line) => said.push(line));
  const consoleNow = async () =>
    kubectl.find<V1Deployment>(['deployment', 'console', '-n', 'twofold-console']);
  const envOf = (deployment: V1Deployment | undefined, variable: string): string | undefined =>
    deployment?.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === variable)?.value;
  const leftOfChecks = async (): Promise<string> =>
    kubectl.run([
      'get',
      'pods,configmaps',
      '-A',
      '-l',
      'app.kubernetes.io/component=settings-check',
      '-o',
      'name',
    ]);

  it('undeploy says so where there is nothing, however often', async () => {
    for (let time = 0; time < 2; time += 1) {
      said.splice(0);
      await down();
      expect(said).to.deep.equal(['nothing of Twofold is in this cluster']);
    }
  });

  it('a first deployment that lacks driver, class and storage names all of it, and has changed nothing', async () => {
    const refusal = await up(writeOverlay(join(own, 'right')), { env: 'off' });
    expect(refusal)
      .to.include('no CSI driver secrets-store.csi.k8s.io')
      .and.to.include('SecretProviderClass twofold-console-keys in twofold-console cannot be found')
      .and.to.include('no default StorageClass')
      .and.to.include('kubectl create namespace twofold-console')
      .and.to.include('nothing has been changed yet');
    expect(await ours(kubectl)).to.deep.equal([]);
    expect(existsSync(dir)).to.equal(false);
  });

  it('goes on once these are there, and says in a sentence that its self-test failed', async () => {
    await kubectl.apply(vaultAndStorage);
    await kubectl.run([
      'wait',
      '--for=condition=Established',
      'crd/secretproviderclasses.secrets-store.csi.x-k8s.io',
    ]);
    await kubectl.apply(vaultClass);
    verdict = () => 'ready';
    const refusal = await up(join(own, 'right'), { env: 'off' });
    expect(said.join('\n'))
      .to.include('keys: made')
      .and.to.match(/keyservice 2\/2.* ready/);
    expect(said.join('\n'), 'nothing runs yet that it could disturb').not.to.include('settings:');
    expect(refusal).to.equal(
      'Twofold is deployed and runs, but its self-test failed: these policies of the guard do not deny: twofold-token → deploy again',
    );
  });

  it('keeps what was chosen once with ENV=, until it is chosen otherwise', async () => {
    expect(envOf(await consoleNow(), 'TWOFOLD_ENV_ENABLED')).to.equal('false');
    await up(join(own, 'right'));
    expect(said.join('\n')).to.include('keys: all present').and.to.include('off, as chosen with ENV=off');
    expect(envOf(await consoleNow(), 'TWOFOLD_ENV_ENABLED')).to.equal('false');
    expect(await up(join(own, 'right'), { env: 'on' })).to.include('there is no Linux node');
    expect((await readChoices(kubectl, {})).env, 'what could not be done is not kept').to.equal('off');
  });

  it('leaves the running console alone where a setting is mistyped, and names it', async () => {
    verdict = (pod) => (isCheck(pod) ? 'mistyped' : 'ready');
    const before = await consoleNow();
    const typo = writeOverlay(join(own, 'mistyped'), [{ name: 'TWOFOLD_CLUSTR', value: 'test' }]);
    const refusal = await up(typo);
    expect(refusal).to.include(TYPO).and.to.include('what runs has been left as it is');
    expect((await consoleNow())?.metadata?.resourceVersion).to.equal(before?.metadata?.resourceVersion);
    expect(await leftOfChecks()).to.equal('');
  });

  it('replaces it once its new image has found the settings valid', async () => {
    verdict = (pod) => (isCheck(pod) ? 'valid' : 'ready');
    const changed = writeOverlay(join(own, 'changed'), [{ name: 'TWOFOLD_LOG_LEVEL', value: 'warn' }]);
    expect(await up(changed)).to.include('its self-test failed');
    expect(said).to.include('settings: found valid by the new console');
    expect(envOf(await consoleNow(), 'TWOFOLD_LOG_LEVEL')).to.equal('warn');
    expect(await leftOfChecks()).to.equal('');
  });

  it('undeploy removes all of it, and a second time says that nothing is there', async () => {
    await down();
    expect(said.join('\n')).to.include('Twofold is gone');
    expect(await ours(kubectl)).to.deep.equal([]);
    said.splice(0);
    await down();
    expect(said).to.deep.equal(['nothing of Twofold is in this cluster']);
  });

  for (const [what, part] of [
    ['only the namespaces and keys are there', (kind: string) => ['Namespace', 'Secret'].includes(kind)],
    ['only the guard and the roles are there', (kind: string) => /Policy|Role/.test(kind)],
  ] as const) {
    it(`undeploy after half an installation: ${what}`, async () => {
      verdict = () => 'waits';
      const objects = render(join(own, 'right')).filter(({ kind = '' }) => part(kind));
      const namespaced = objects.filter(({ metadata }) => NAMESPACES.includes(metadata?.namespace ?? ''));
      const standing = objects.some(({ kind }) => kind === 'Namespace');
      await kubectl.apply(standing ? objects : objects.filter((each) => !namespaced.includes(each)));
      expect(await ours(kubectl)).not.to.deep.equal([]);
      await down();
      expect(await ours(kubectl)).to.deep.equal([]);
    });
  }
});
