import { expect } from 'chai';
import { render } from '../../manifests/kustomize.ts';
import { DeployError } from './failure.ts';
import { exampleValues, readRendering, withEnv } from './rendering.ts';

describe('what a deployment reads from an overlay', function () {
  this.timeout(120_000);
  const overlays = { sqlite: () => render('overlays/sqlite'), demo: () => render('overlays/demo') };

  it('is the Secrets and classes that the services mount', () => {
    const { secrets, providerClasses } = readRendering(overlays.sqlite());
    expect(secrets.map(({ namespace, name }) => `${namespace}/${name}`)).to.have.members([
      ...[
        'twofold-console/console-tls',
        'twofold-console/console-tickets',
        'twofold-console/console-public-keys',
      ],
      ...[
        'twofold-webhook/webhook-tls',
        'twofold-webhook/webhook-resolve-tls',
        'twofold-webhook/webhook-unwrap-tls',
      ],
      ...['twofold-keyservice/keyservice-tls', 'twofold-keyservice/keyservice-envelope'],
      ...['twofold-keyservice/keyservice-grant', 'twofold-keyservice/keyservice-public-keys'],
    ]);
    expect(providerClasses).to.deep.equal([{ namespace: 'twofold-console', name: 'twofold-at-rest' }]);
  });

  it('says whether all keys lie in the cluster', () => {
    expect(readRendering(overlays.sqlite()).allKeysInCluster).to.equal(false);
    expect(readRendering(overlays.demo()).allKeysInCluster).to.equal(true);
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

  it('is refused where it is no overlay of Twofold’s', () => {
    expect(() => readRendering([{ kind: 'Deployment', metadata: { name: 'x', namespace: 'y' } }])).to.throw(
      DeployError,
      /sets no TWOFOLD_NAMESPACES/,
    );
  });
});
