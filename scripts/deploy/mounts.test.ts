import { expect } from 'chai';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { assertMounts } from './mounts.ts';
import type { Rendering } from './rendering.ts';

const rendering: Rendering = {
  objects: [],
  sessionNamespaces: [],
  secrets: [{ namespace: 'twofold-console', name: 'console-tls' }],
  providerClasses: [
    { namespace: 'twofold-console', name: 'twofold-console-keys', objects: ['at-rest.json', 'x.json'] },
  ],
  deployments: [],
  injectorImage: '',
  injectorPullPolicy: '',
  envEnabled: false,
  publicUrl: '',
  consoleKeysInCluster: false,
  allKeysInCluster: false,
};

/** A cluster with these Secrets, and the response to `get secretproviderclass`. */
function cluster(secrets: readonly string[], providerClass: object | undefined): Kubectl {
  const unexpected = (): never => {
    throw new Error('not requested here');
  };
  return {
    run: () => Promise.resolve(secrets.map((name) => `${name}\n`).join('')),
    attempt: () =>
      Promise.resolve(
        providerClass
          ? { code: 0, stdout: JSON.stringify(providerClass), stderr: '' }
          : { code: 1, stdout: '', stderr: 'not found' },
      ),
    find: unexpected,
    list: unexpected,
    apply: unexpected,
  };
}

async function refusal(kubectl: Kubectl): Promise<string> {
  const error: unknown = await assertMounts(kubectl, rendering).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof DeployError ? `${error.message} → ${error.next}` : String(error);
}

describe('what the services mount', () => {
  const vault = { spec: { provider: 'vault', parameters: { objects: '- objectName: at-rest.json' } } };

  it('is fine where Secrets and the vault’s class are there', async () => {
    expect(await refusal(cluster(['console-tls', 'other'], vault))).to.equal('undefined');
    const none = { spec: { ...vault.spec, secretObjects: [] } };
    expect(await refusal(cluster(['console-tls'], none))).to.equal('undefined');
  });

  it('is refused where a Secret or the class is missing, naming what it must contain', async () => {
    expect(await refusal(cluster([], vault))).to.include('Secrets are missing: twofold-console/console-tls');
    const said = await refusal(cluster(['console-tls'], undefined));
    expect(said).to.include('twofold-console-keys in twofold-console cannot be found');
    expect(said).to.include('with the objects at-rest.json, x.json');
  });

  it('is refused where the class copies the keys into Secrets: they would be in etcd', async () => {
    const copying = { spec: { ...vault.spec, secretObjects: [{ secretName: 'copy', type: 'Opaque' }] } };
    expect(await refusal(cluster(['console-tls'], copying))).to.match(/has secretObjects.*into etcd.*remove/);
  });
});
