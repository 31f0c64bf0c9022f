import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1PodDisruptionBudget, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { caBundle } from '../../certs/store.ts';
import { writeConsoleKeys } from '../../scripts/deploy/console-keys.ts';
import { createKubectl } from '../../scripts/deploy/kubectl.ts';
import { eventually } from '../eventually.ts';
import { connect } from './cluster/connection.ts';
import { deployment } from './cluster/deployment.ts';
import { pod, uniqueName } from './sessions/pods.ts';

const NAMESPACES = ['twofold-console', 'twofold-webhook', 'twofold-keyservice'];
describe('make deploy', function () {
  this.timeout(300_000);
  const cluster = connect();
  const kubectl = createKubectl();
  const { database, namespaces, overlay, certificates } = cluster.endpoints;
  const asDeployed = ['--database', database.kind, '--namespaces', namespaces.sessions.join(',')];

  /** Versions of every Secret, and names of every pod: what a second deployment must leave alone. */
  const standing = async (): Promise<readonly string[]> => {
    const all = await Promise.all(
      NAMESPACES.map(async (namespace) => {
        const secrets = await kubectl.list<V1Secret>(['secrets', '-n', namespace]);
        // Other scenarios put pods beside them.
        const ours = ['-l', 'app.kubernetes.io/part-of=twofold'];
        const pods = await kubectl.list<V1Secret>(['pods', '-n', namespace, ...ours]);
        return [
          ...secrets.map(
            ({ metadata }) => `secret ${metadata?.name ?? ''} ${metadata?.resourceVersion ?? ''}`,
          ),
          ...pods.map(({ metadata }) => `pod ${metadata?.name ?? ''}`),
        ];
      }),
    );
    return all.flat();
  };

  it('repeated, keeps every key, certificate and pod, and passes its self-test', async () => {
    const before = await standing();
    const { code, printed } = await deployment('up', ...asDeployed);
    expect(code, printed).to.equal(0);
    expect(printed).to.include('keys: all present, unchanged').and.to.include('certificates: 0 issued');
    expect(printed).to.include('the guard refuses a pod with a forged session label');
    expect(printed).to.include('comes back with its secret injected');
    expect(await standing()).to.deep.equal(before);
  });

  it('has tested on every node whether variables from files work', async () => {
    const { printed } = await deployment('up', ...asDeployed, '--env', 'on');
    const nodes = await cluster.core.listNode();
    expect(nodes.items).to.have.length.above(0);
    for (const { metadata, status } of nodes.items)
      expect(printed).to.match(
        new RegExp(
          `variables from files work on .*${metadata?.name ?? ''} \\(kubelet ${status?.nodeInfo?.kubeletVersion ?? ''}\\)`,
        ),
      );
    await eventually(
      'the namespace of the node test is gone',
      async () => (await kubectl.find(['namespace', 'twofold-node-test'])) === undefined,
    );
  });

  it('gives the API server the roots of the folder that the certificates come from', async () => {
    const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}';
    const found = await kubectl.run(['get', 'mutatingwebhookconfiguration', 'zz-twofold', '-o', path]);
    expect(found).to.equal(await caBundle(certificates));
  });

  it('restricts each of Twofold’s namespaces by Pod Security, and excludes them from the webhook', async () => {
    for (const name of NAMESPACES) {
      const { metadata } = await cluster.core.readNamespace({ name });
      expect(metadata?.labels?.['pod-security.kubernetes.io/enforce']).to.equal('restricted');
      const asking = pod({ name: uniqueName('own'), annotations: { 'twofold.dev/secrets': 'a' } });
      const { code, stderr } = await kubectl.attempt(
        ['create', '-n', name, '--dry-run=server', '-f', '-'],
        JSON.stringify(asking),
      );
      expect(code).not.to.equal(0);
      expect(stderr).to.include("Twofold's webhook has not seen it");
    }
  });

  it('runs two webhooks and two keyservices, and lets a drain evict one at a time', async () => {
    for (const name of ['webhook', 'keyservice']) {
      const namespace = `twofold-${name}`;
      const { status } = await cluster.apps.readNamespacedDeployment({ name, namespace });
      expect(status?.availableReplicas, name).to.equal(2);
      const budget = await kubectl.find<V1PodDisruptionBudget>([
        'poddisruptionbudget',
        name,
        '-n',
        namespace,
      ]);
      expect(budget?.status?.disruptionsAllowed, name).to.equal(1);
    }
  });

  it('renews nothing before it is due', async () => {
    const before = await standing();
    const { code, printed } = await deployment('certificates');
    expect(code, printed).to.equal(0);
    expect(printed).to.include('0 issued').and.to.include('no rotation is due');
    expect(await standing()).to.deep.equal(before);
  });

  describe('with an operator’s overlay', () => {
    const other = join(dirname(overlay), 'overlay-of-somebody');
    const settings = join(other, 'settings/settings.yaml');
    const change = (from: RegExp, to: string): void => {
      cpSync(overlay, other, { recursive: true });
      const before = readFileSync(settings, 'utf8');
      expect(before).to.match(from);
      writeFileSync(settings, before.replace(from, to));
    };
    /** Like the overlays for production: without components/keys-in-cluster. */
    const fromOutside = (): void => {
      cpSync(overlay, other, { recursive: true });
      const file = join(other, 'kustomization.yaml');
      const before = readFileSync(file, 'utf8');
      const without = before.replace(/^ *- .*keys-in-cluster\n/m, '');
      expect(without).not.to.equal(before);
      writeFileSync(file, without);
    };
    afterEach(() => rmSync(other, { recursive: true, force: true }));

    for (const [what, from, to, says] of [
      [
        'a session namespace that does not exist',
        /namespaces: /,
        'namespaces: missing,',
        /do not exist: missing/,
      ],
      [
        'the example’s address',
        /publicUrl: .*/,
        'publicUrl: https://twofold.example.org',
        /still has the example’s/,
      ],
    ] as const) {
      it(`refuses ${what}, names the next step, and has changed nothing`, async () => {
        change(from, to);
        const before = await standing();
        const { code, printed } = await deployment('up', '--overlay', other);
        expect(code).to.equal(1);
        expect(printed)
          .to.match(says)
          .and.to.match(/Next: /);
        expect(await standing()).to.deep.equal(before);
      });
    }

    it('refuses the keys of another installation’s vault, and keys from outside where the overlay makes them', async () => {
      const keys = join(dirname(overlay), 'keys-of-somebody');
      try {
        await writeConsoleKeys(keys);
        const before = await standing();
        const own = await deployment('up', '--overlay', overlay, '--keys', keys, '--env', 'off');
        expect([own.code, own.printed.includes('leave KEYS out')], own.printed).to.deep.equal([1, true]);
        fromOutside();
        const others = await deployment('up', '--overlay', other, '--keys', keys, '--env', 'off');
        expect(others.code, others.printed).to.equal(1);
        expect(others.printed).to.include('by keys other than the one in KEYS');
        expect(await standing()).to.deep.equal(before);
      } finally {
        rmSync(keys, { recursive: true, force: true });
      }
    });

    it('with the console’s keys from outside, names the Secret that remains, and the class that is missing', async () => {
      fromOutside();
      const before = await standing();
      const { code, printed } = await deployment('up', '--overlay', other, '--env', 'off');
      expect(code).to.equal(1);
      expect(printed).to.include('the Secret console-keys is still in twofold-console');
      expect(printed).to.include(
        'the SecretProviderClass twofold-console-keys in twofold-console cannot be found',
      );
      expect(await standing()).to.deep.equal(before);
    });

    it('refuses a mistyped setting, and leaves what runs as it is', async () => {
      cpSync(overlay, other, { recursive: true });
      const file = join(other, 'patches.yaml');
      const right = readFileSync(file, 'utf8');
      expect(right).to.include('TWOFOLD_OIDC_CA_FILE');
      writeFileSync(file, right.replace('TWOFOLD_OIDC_CA_FILE', 'TWOFOLD_OIDC_CA_FIL'));
      const before = await standing();
      const { code, printed } = await deployment('up', '--overlay', other, '--env', 'off');
      expect(code, printed).to.equal(1);
      expect(printed)
        .to.include('console: TWOFOLD_OIDC_CA_FIL is not a setting')
        .and.to.include('what runs has been left as it is');
      expect(await standing()).to.deep.equal(before);
    });

    it('refuses another CA’s folder', async () => {
      const folder = join(dirname(overlay), 'certificates-of-somebody');
      try {
        const { code, printed } = await deployment(
          'up',
          '--overlay',
          overlay,
          '--certs',
          folder,
          '--env',
          'off',
        );
        expect(code).to.equal(1);
        expect(printed)
          .to.include('come from a CA other than')
          .and.to.match(/Next: .*CERTS=/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
});
