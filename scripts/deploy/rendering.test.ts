import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { render, renderOwn } from '../../manifests/kustomize.ts';
import { CONSOLE_KEY_FILES } from './console-keys.ts';
import { DeployError } from './failure.ts';
import { exampleValues, readRendering, withEnv } from './rendering.ts';

describe('what a deployment reads from an overlay', function () {
  this.timeout(120_000);
  const overlays = { sqlite: () => render('overlays/sqlite'), demo: () => render('overlays/demo') };

  it('is the Secrets and classes that the services mount', () => {
    const { secrets, providerClasses } = readRendering(overlays.sqlite());
    expect(secrets.map(({ namespace, name }) => `${namespace}/${name}`)).to.have.members([
      'twofold-console/console-tls',
      'twofold-console/console-public-keys',
      'twofold-webhook/webhook-tls',
      'twofold-webhook/webhook-resolve-tls',
      'twofold-webhook/webhook-unwrap-tls',
      'twofold-keyservice/keyservice-tls',
      'twofold-keyservice/keyservice-envelope',
      'twofold-keyservice/keyservice-grant',
      'twofold-keyservice/keyservice-public-keys',
    ]);
    expect(providerClasses).to.deep.equal([
      { namespace: 'twofold-console', name: 'twofold-console-keys', objects: CONSOLE_KEY_FILES },
    ]);
  });

  it('tells whether the console’s keys, and whether all keys, are in the cluster', () => {
    const outside = `
      - name: envelope
        secret: null
        csi: { driver: secrets-store.csi.k8s.io, volumeAttributes: { secretProviderClass: twofold-rsa } }`;
    const turnedRound = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/overlays/demo]\npatches: [{ path: keyservice.yaml }]\n`,
      'keyservice.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: keyservice, namespace: twofold-keyservice }
spec:
  template:
    spec:
      volumes: ${outside}
`,
    }));
    expect(readRendering(turnedRound).providerClasses).to.deep.equal([
      { namespace: 'twofold-keyservice', name: 'twofold-rsa', objects: ['keys.json'] },
    ]);
    const inCluster = (objects: ReturnType<typeof render>): readonly boolean[] => {
      const { consoleKeysInCluster, allKeysInCluster } = readRendering(objects);
      return [consoleKeysInCluster, allKeysInCluster];
    };
    expect(inCluster(overlays.sqlite())).to.deep.equal([false, false]);
    expect(inCluster(overlays.demo())).to.deep.equal([true, true]);
    expect(inCluster(turnedRound)).to.deep.equal([true, false]);
  });

  it('names the values that are still the example’s', () => {
    expect(exampleValues(readRendering(overlays.sqlite()))).to.include.members([
      'TWOFOLD_PUBLIC_URL https://twofold.example.org',
      'TWOFOLD_OIDC_ISSUER https://login.example.org/realms/example',
    ]);
  });

  it('switches variables from secrets in webhook and console, and nothing else', () => {
    const objects = overlays.sqlite();
    const on = withEnv(objects, true);
    const switches = (all: object): number =>
      JSON.stringify(all).split('{"name":"TWOFOLD_ENV_ENABLED","value":"true"}').length - 1;
    expect([switches(objects), switches(on)]).to.deep.equal([0, 2]);
    expect(readRendering(on).envEnabled).to.equal(true);
    expect(readRendering(objects).envEnabled).to.equal(false);
    expect(withEnv(on, false)).to.deep.equal(objects);
  });

  it('is where sessions may be, as the services read it', () => {
    const rendering = (namespaces: string) =>
      readRendering(
        JSON.parse(
          JSON.stringify(overlays.sqlite()).replaceAll('"sessions"', JSON.stringify(namespaces)),
        ) as [],
      );
    expect(rendering('a,jupyter-*,').sessionNamespaces).to.deep.equal(['a', 'jupyter-*']);
    for (const mistyped of ['a, b', 'a\n', 'A', 'a-*-b', 'twofold.dev/sessions=yes'])
      expect(() => rendering(mistyped), mistyped).to.throw(
        DeployError,
        /^namespaces in settings\.yaml cannot be "/,
      );
  });

  it('is refused where it is not an overlay of Twofold', () => {
    expect(() => readRendering([{ kind: 'Deployment', metadata: { name: 'x', namespace: 'y' } }])).to.throw(
      DeployError,
      /does not set TWOFOLD_NAMESPACES/,
    );
  });
});

describe('manifests/README.md', function () {
  this.timeout(120_000);
  const page = readFileSync(new URL('../../manifests/README.md', import.meta.url), 'utf8');

  it('has each Secret and class that the services mount, with its files, and no other', () => {
    const withPage = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/overlays/postgres]\ncomponents: [${manifests}/components/page]\n`,
    }));
    const { secrets, providerClasses } = readRendering(withPage);
    const table = page.slice(page.indexOf('| Secret | Namespace'), page.indexOf('**Keys that confer'));
    const rows = table.split('\n').slice(2).join('\n');
    const first = [...rows.matchAll(/^\|([^|]*)\|/gm)].map(([, cell]) => cell ?? '').join();
    const named = [...first.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
    expect(named.filter((name) => name !== undefined && !name.includes('/'))).to.have.members(
      [...secrets, ...providerClasses].map(({ name }) => name),
    );
    for (const file of providerClasses.flatMap(({ objects }) => objects)) {
      expect(rows).to.include(`\`${file}\``);
      expect(page, 'the example').to.include(`{ objectName: ${file}, `);
    }
  });
});
