import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { render } from '../../../manifests/kustomize.ts';
import type { KubernetesObject } from '../../../manifests/kubernetes-object.ts';
import { assertLaunchers } from '../launchers.ts';
import { exampleValues, readRendering } from '../rendering.ts';
import { launcher, launcherAccount, localOverlay, NODE_ADDRESS, type LocalOverlay } from './overlay.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

function overlay(database: 'sqlite' | 'postgres', manifests: string): LocalOverlay {
  return {
    manifests,
    database,
    envEnabled: true,
    cluster: 'local',
    audience: 'twofold-console',
    images: {
      console: 'localhost/twofold-console:9',
      webhook: 'localhost/twofold-webhook:9',
      keyservice: 'localhost/twofold-keyservice:9',
      injector: 'localhost/twofold-injector:9',
    },
    imageIds: { console: 'id-c', webhook: 'id-w', keyservice: 'id-k' },
    namespaces: ['sessions', 'hub-sessions', 'more'],
    issuer: `https://${NODE_ADDRESS}:8444`,
    publicUrl: 'https://console.twofold-console.svc:8443',
    outsideCa: 'PEM',
  };
}

/** Rendered from a folder within the repository, as `make deploy` does it. */
function renderLocal(database: 'sqlite' | 'postgres'): KubernetesObject[] {
  mkdirSync(join(repository, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(repository, '.cache/overlay-'));
  try {
    const files = localOverlay(overlay(database, relative(folder, join(repository, 'manifests'))));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function named(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind && object.metadata?.name === name);
}

describe('overlay of the local cluster', function () {
  this.timeout(120_000);

  for (const database of ['sqlite', 'postgres'] as const) {
    describe(`on ${database}`, () => {
      let objects: KubernetesObject[];
      before(() => {
        objects = renderLocal(database);
      });

      it('carries its values to the services', () => {
        const rendering = readRendering(objects);
        expect(rendering.sessionNamespaces).to.deep.equal(['sessions', 'hub-sessions', 'more']);
        expect(rendering.sessionNamespaces).not.to.include(launcherAccount.namespace);
        assertLaunchers(rendering);
        expect(rendering.injectorImage).to.equal('localhost/twofold-injector:9');
        expect(rendering.injectorPullPolicy).to.equal('Never');
        expect(rendering.envEnabled).to.equal(true);
        expect(exampleValues(rendering)).to.deep.equal([]);
      });

      it('keeps every key in the cluster, as the rendering shows', () => {
        expect(readRendering(objects).allKeysInCluster).to.equal(true);
        expect(readRendering(objects).providerClasses).to.deep.equal([]);
      });

      it('runs the built images, never pulls, and rolls out when one changes', () => {
        for (const [name, id] of [
          ['console', 'id-c'],
          ['webhook', 'id-w'],
          ['keyservice', 'id-k'],
        ] as const) {
          expect(JSON.stringify(named(objects, 'Deployment', name))).to.include(
            `"image":"localhost/twofold-${name}:9","imagePullPolicy":"Never"`,
          );
          expect(JSON.stringify(named(objects, 'Deployment', name))).to.include(`"image-id":"${id}"`);
        }
      });

      it('enables each namespace for the webhook, and none twice', () => {
        const bindings = named(objects, 'RoleBinding', 'twofold-webhook-sessions');
        expect(bindings.map(({ metadata }) => metadata?.namespace)).to.have.members([
          'sessions',
          'hub-sessions',
          'more',
        ]);
      });

      it('opens the network only to the node’s address, and leaves none of the example addresses', () => {
        const text = JSON.stringify(objects.filter(({ kind }) => kind === 'NetworkPolicy'));
        const blocks = [...text.matchAll(/"cidr":"([^"]+)"/g)].map(([, cidr]) => cidr);
        expect(new Set(blocks)).to.deep.equal(new Set([`${NODE_ADDRESS}/32`]));
      });

      it('opens DNS where the local one listens, and nowhere else', () => {
        for (const name of ['console-to-dns', 'webhook-to-dns']) {
          const [policy] = named(objects, 'NetworkPolicy', name);
          const ports = [...JSON.stringify(policy).matchAll(/"port":(\d+)/g)].map(([, port]) => port);
          expect(ports, name).to.deep.equal(['1053', '1053']);
        }
      });

      it('turns the page on, with a client secret that the operator gives', () => {
        const [page] = named(objects, 'ConfigMap', 'twofold-page');
        expect(page?.metadata?.namespace).to.equal('twofold-console');
        expect(JSON.stringify(page)).to.include('"clientId":"twofold-page"');
        const deployment = JSON.stringify(named(objects, 'Deployment', 'console'));
        expect(deployment).to.include('"name":"TWOFOLD_OIDC_CLIENT_ID"');
        expect(readRendering(objects).secrets).to.deep.include({
          namespace: 'twofold-console',
          name: 'twofold-page',
        });
      });

      it('gives guard, console and webhook the same launcher', () => {
        const [guard] = named(objects, 'ValidatingAdmissionPolicy', 'twofold-launcher');
        expect(JSON.stringify(guard)).to.include(
          `${launcher.username} ${launcher.namespace} ${launcher.annotation}`,
        );
        const files = named(objects, 'ConfigMap', 'twofold-launchers');
        expect(files.map(({ metadata }) => metadata?.namespace)).to.have.members([
          'twofold-console',
          'twofold-webhook',
        ]);
        for (const file of files) expect(JSON.stringify(file)).to.include(launcher.username);
      });
    });
  }

  it('runs one console on sqlite and two on postgres', () => {
    const replicas = (database: 'sqlite' | 'postgres'): unknown =>
      (named(renderLocal(database), 'Deployment', 'console')[0] as { spec?: { replicas?: number } }).spec
        ?.replicas;
    expect([replicas('sqlite'), replicas('postgres')]).to.deep.equal([1, 2]);
  });
});
