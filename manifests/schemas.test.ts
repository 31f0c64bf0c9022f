/** Every document as written, and every object that the overlays render, fits Kubernetes' schema of its kind. */
import { expect } from 'chai';
import { statSync } from 'node:fs';
import { writtenFiles } from './documents.ts';
import { render, renderOwn } from './kustomize.ts';
import { createManifestValidator } from './schemas/validate.ts';
import { plainPod, sessionPod } from './session-pod.ts';

const whole = createManifestValidator();
const partial = createManifestValidator({ partial: true });

function deployment(container: object) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x' },
    spec: { selector: {}, template: { spec: { containers: [{ name: 'x', ...container }] } } },
  };
}

describe('manifests as written', () => {
  for (const { file, uses, documents } of writtenFiles()) {
    it(`${file} is used, in one way`, () => {
      expect(new Set(uses).size, uses.join()).to.equal(1);
    });
    if (uses.includes('replacement')) continue;
    for (const document of documents) {
      it(`${file} has a valid ${document.kind ?? 'document'} ${document.metadata?.name ?? ''}`, () => {
        expect((uses.includes('patch') ? partial : whole).problems(document)).to.deep.equal([]);
      });
    }
  }
});

describe('rendered overlays', function () {
  this.timeout(180_000);
  for (const overlay of ['overlays/sqlite', 'overlays/postgres', 'overlays/demo']) {
    it(`${overlay} is valid throughout`, () => {
      const objects = render(overlay);
      expect(objects.length).to.be.greaterThan(50);
      expect(objects.flatMap((object) => whole.problems(object))).to.deep.equal([]);
    });
  }
});

describe('the component launchers', function () {
  this.timeout(180_000);

  it('gives console and webhook the same file, and stays valid', () => {
    const objects = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/overlays/sqlite]\ncomponents: [${manifests}/components/launchers]\n`,
    }));
    expect(objects.flatMap((object) => whole.problems(object))).to.deep.equal([]);
    const reading = objects
      .filter((object) => JSON.stringify(object).includes('/etc/twofold/launchers/launchers.json'))
      .map(({ kind, metadata }) => `${kind ?? ''} ${metadata?.name ?? ''}`);
    expect(reading.sort()).to.deep.equal(['Deployment console', 'Deployment webhook']);
  });
});

describe('the component page', function () {
  this.timeout(180_000);

  it('gives the console its client, and stays valid', () => {
    const objects = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/overlays/sqlite]\ncomponents: [${manifests}/components/page]\n`,
    }));
    expect(objects.flatMap((object) => whole.problems(object))).to.deep.equal([]);
    const [deployment] = objects.filter((object) =>
      JSON.stringify(object).includes('TWOFOLD_OIDC_CLIENT_ID'),
    );
    expect(deployment?.metadata?.name).to.equal('console');
    expect(JSON.stringify(deployment)).to.contain('/etc/twofold/page/client-secret');
  });
});

describe('manifest schemas', () => {
  it('accept session pods as rendered, so the guard is tested with possible pods', () => {
    expect(whole.problems(plainPod())).to.deep.equal([]);
    expect(whole.problems(sessionPod())).to.deep.equal([]);
  });

  it('refuse a field that does not exist, wherever it is', () => {
    expect(whole.problems(deployment({}))).to.deep.equal([]);
    expect(whole.problems(deployment({ readynessProbe: {} })).join()).to.match(/readynessProbe/);
    expect(whole.problems(deployment({ securityContext: { runAsNonroot: true } })).join()).to.match(
      /runAsNonroot/,
    );
    expect(partial.problems(deployment({ volumeMount: [] })).join()).to.match(/volumeMount/);
  });

  it('refuse a value of the wrong type', () => {
    expect(whole.problems(deployment({ env: [{ name: 'PORT', value: 8443 }] })).join()).to.match(
      /must be string/,
    );
    expect(whole.problems(deployment({ ports: [{ containerPort: '8443' }] })).join()).to.match(
      /must be integer/,
    );
    expect(whole.problems(deployment({ resources: { limits: { memory: '1 GB' } } })).join()).to.match(
      /pattern/,
    );
  });

  it('refuse a missing field, except in a patch', () => {
    const empty = { apiVersion: 'apps/v1', kind: 'Deployment', spec: {} };
    expect(whole.problems(empty).join()).to.match(/required/);
    expect(partial.problems(empty)).to.deep.equal([]);
  });

  it('accept a port by number or name, and a quantity as text or number', () => {
    for (const port of [8080, 'health']) {
      expect(whole.problems(deployment({ livenessProbe: { httpGet: { port } } }))).to.deep.equal([]);
    }
    for (const cpu of ['100m', '1.5', 2, '1e3', '64Mi']) {
      expect(whole.problems(deployment({ resources: { requests: { cpu } } })), String(cpu)).to.deep.equal([]);
    }
    expect(whole.problems(deployment({ livenessProbe: { httpGet: { port: true } } }))).not.to.deep.equal([]);
  });

  it('refuse a kind that they do not know', () => {
    expect(whole.problems({ apiVersion: 'apps/v1beta1', kind: 'Deployment' }).join()).to.match(/no schema/);
  });

  it('stay small enough to be read as a diff', () => {
    expect(statSync(new URL('schemas/kubernetes.json', import.meta.url)).size).to.be.lessThan(100_000);
  });
});
