import { expect } from 'chai';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { assertMounts } from './mounts.ts';
import type { Rendering } from './rendering.ts';

const DRIVER = 'secrets-store.csi.k8s.io';
const rendering: Rendering = {
  objects: [],
  sessionNamespaces: [],
  secrets: [{ namespace: 'twofold-console', name: 'console-tls' }],
  providerClasses: [
    { namespace: 'twofold-console', name: 'twofold-console-keys', objects: ['at-rest.json', 'x.json'] },
  ],
  drivers: [DRIVER],
  claims: [],
  deployments: [],
  injectorImage: '',
  injectorPullPolicy: '',
  injectorPullSecrets: [],
  envEnabled: false,
  publicUrl: '',
  consoleKeysInCluster: false,
  allKeysInCluster: false,
};

interface Cluster {
  readonly secrets: readonly string[];
  /** What `get secretproviderclass` returns. */
  readonly providerClass?: object | undefined;
  /** Names of other objects, by kind. */
  readonly has?: Readonly<Record<string, readonly string[]>>;
  readonly lists?: Readonly<Record<string, readonly object[]>>;
}

const everything = { csidriver: [DRIVER], namespace: ['twofold-console'] };

function cluster({ secrets, providerClass, has = everything, lists = {} }: Cluster): Kubectl {
  return {
    run: () => Promise.resolve(secrets.map((name) => `${name}\n`).join('')),
    attempt: () =>
      Promise.resolve(
        providerClass
          ? { code: 0, stdout: JSON.stringify(providerClass), stderr: '' }
          : { code: 1, stdout: '', stderr: 'not found' },
      ),
    find: <T>([kind = '', name = '']: readonly string[]) =>
      Promise.resolve((has[kind]?.includes(name) ? {} : undefined) as T | undefined),
    list: <T>([kind = '']: readonly string[]) => Promise.resolve((lists[kind] ?? []) as readonly T[]),
    apply: () => {
      throw new Error('nothing is changed here');
    },
  };
}

async function refusal(kubectl: Kubectl, wanted: Partial<Rendering> = {}, made: Rendering['secrets'] = []) {
  const error: unknown = await assertMounts(kubectl, { ...rendering, ...wanted }, made).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof DeployError ? `${error.message} → ${error.next}` : String(error);
}

describe('what the services mount', () => {
  const providerClass = {
    spec: { provider: 'vault', parameters: { objects: '- objectName: at-rest.json' } },
  };

  it('is fine where Secrets and the vault’s class are there', async () => {
    expect(await refusal(cluster({ secrets: ['console-tls', 'other'], providerClass }))).to.equal(
      'undefined',
    );
    const none = { spec: { ...providerClass.spec, secretObjects: [] } };
    expect(await refusal(cluster({ secrets: ['console-tls'], providerClass: none }))).to.equal('undefined');
  });

  it('is fine where this deployment makes what is missing', async () => {
    expect(await refusal(cluster({ secrets: [], providerClass }), {}, rendering.secrets)).to.equal(
      'undefined',
    );
    const own = {
      kind: 'SecretProviderClass',
      metadata: { namespace: 'twofold-console', name: 'twofold-console-keys' },
    };
    expect(await refusal(cluster({ secrets: ['console-tls'] }), { objects: [own] })).to.equal('undefined');
  });

  it('is refused where a Secret or the class is missing, naming what it must contain', async () => {
    expect(await refusal(cluster({ secrets: [], providerClass }))).to.include(
      'Secrets are missing: twofold-console/console-tls',
    );
    const said = await refusal(cluster({ secrets: ['console-tls'] }));
    expect(said).to.include('twofold-console-keys in twofold-console cannot be found');
    expect(said).to.include('with the objects at-rest.json, x.json');
  });

  it('is refused with everything that is missing, and with the namespaces that a first deployment needs', async () => {
    const said = await refusal(cluster({ secrets: [], has: {} }));
    expect(said)
      .to.include('Secrets are missing')
      .and.to.include(`no CSI driver ${DRIVER}`)
      .and.to.include('cannot be found')
      .and.to.include('→ kubectl create namespace twofold-console; ')
      .and.to.include('nothing has been changed yet');
  });

  it('is refused where the class copies the keys into Secrets: they would be in etcd', async () => {
    const copying = {
      spec: { ...providerClass.spec, secretObjects: [{ secretName: 'copy', type: 'Opaque' }] },
    };
    const said = await refusal(cluster({ secrets: ['console-tls'], providerClass: copying }));
    expect(said).to.match(/has secretObjects.*into etcd.*remove/);
  });
});

describe('the volume that an overlay claims', () => {
  const claim = (storageClass?: string) => ({
    secrets: [],
    providerClasses: [],
    drivers: [],
    claims: [{ namespace: 'twofold-console', name: 'console-database', storageClass }],
  });
  const classes = (...names: readonly string[]) =>
    names.map((name) => ({
      metadata: {
        name,
        annotations: name === 'standard' ? { 'storageclass.kubernetes.io/is-default-class': 'true' } : {},
      },
    }));
  const volume = (storageClassName?: string) => [{ spec: { storageClassName } }];
  const ask = (wanted: string | undefined, lists: Cluster['lists'] = {}, has: Cluster['has'] = everything) =>
    refusal(cluster({ secrets: [], lists, has }), claim(wanted));

  it('needs a class of its name, the cluster’s default, or a volume that an administrator made', async () => {
    expect(await ask(undefined, { storageclasses: classes('slow', 'standard') })).to.equal('undefined');
    expect(await ask('slow', { storageclasses: classes('slow') })).to.equal('undefined');
    expect(await ask('manual', { persistentvolumes: volume('manual') })).to.equal('undefined');
    expect(await ask(undefined, { persistentvolumes: volume() })).to.equal('undefined');
    expect(await ask('')).to.equal('undefined');
  });

  it('is fine where it exists already', async () => {
    const has = { ...everything, persistentvolumeclaim: ['console-database'] };
    expect(await ask(undefined, {}, has)).to.equal('undefined');
  });

  it('is refused otherwise, with the classes that there are', async () => {
    expect(await ask(undefined, { storageclasses: classes('slow', 'slower') })).to.match(
      /no default StorageClass.*\(it has slow, slower\)/,
    );
    expect(await ask('fast', { persistentvolumes: volume('other') })).to.match(
      /no StorageClass fast.*\(it has none\)/,
    );
  });
});
