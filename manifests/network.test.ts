/** The NetworkPolicies as data: exactly the arrows of the design (docs/design.md#zones), and nothing else. */
import { expect } from 'chai';
import type { KubernetesObject } from './kubernetes-object.ts';
import { designArrows, openArrows } from './arrows.ts';
import { render } from './kustomize.ts';
import { createReachability, type Door, type Place } from './reachability.ts';

const outside: Place[] = [
  { name: 'API server', address: '192.0.2.10' },
  { name: 'identity provider', address: '198.51.100.20' },
  { name: 'database', address: '198.51.100.30' },
  { name: 'internet', address: '203.0.113.9' },
];
const table = [
  ...designArrows(outside),
  'API server → webhook TCP 8443',
  'webhook → API server TCP 6443',
  'console → API server TCP 6443',
  'console → identity provider TCP 443',
];
function arrows(objects: readonly KubernetesObject[]): string[] {
  return openArrows(objects, outside);
}

describe('network policies', function () {
  this.timeout(180_000);

  it('open exactly the arrows of the design, with the embedded database', () => {
    expect(arrows(render('overlays/sqlite'))).to.deep.equal([...table].sort());
  });

  it('open one more to the database, where there is one', () => {
    const withDatabase = [...table, 'console → database TCP 5432'].sort();
    expect(arrows(render('overlays/postgres'))).to.deep.equal(withDatabase);
  });

  it('keep every arrow that ends outside the pods closed until an overlay opens it', () => {
    const ends = /^(console|webhook) → (API server|identity provider|database)|^API server → webhook/;
    expect(arrows(render('base')).filter((arrow) => ends.test(arrow))).to.deep.equal([]);
  });

  it('each open one side of one arrow, so that each can be read and dropped by itself', () => {
    for (const { kind, metadata, ...rest } of render('overlays/postgres')) {
      if (
        kind !== 'NetworkPolicy' ||
        metadata?.name === 'default-deny' ||
        metadata?.name === 'twofold-session'
      )
        continue;
      expect(rest).to.have.nested.property('spec.policyTypes.length', 1);
      expect(metadata?.name).to.match(/^(console|webhook|keyservice)-(from|to)-/);
    }
  });

  it('state explicitly that the keyservice reaches nobody', () => {
    const policy = render('base').find(({ metadata }) => metadata?.name === 'keyservice-to-nobody');
    expect(policy).to.have.deep.nested.property('spec.egress', []);
    expect(
      arrows(render('overlays/postgres')).filter((arrow) => arrow.startsWith('keyservice')),
    ).to.deep.equal([]);
  });
});

describe('reachability', () => {
  const policy = (spec: object): KubernetesObject => ({
    kind: 'NetworkPolicy',
    metadata: { name: 'x', namespace: 'default' },
    spec,
  });
  const here: Place = { name: 'here', pod: { namespace: 'default', labels: { app: 'a' } } };
  const there: Place = { name: 'there', address: '192.0.2.77' };
  const https: Door = { port: 443, protocol: 'TCP' };

  it('is open without policies, and closed by one that allows nothing', () => {
    expect(createReachability([])(here, there, https)).to.equal(true);
    expect(
      createReachability([policy({ podSelector: {}, policyTypes: ['Egress'] })])(here, there, https),
    ).to.equal(false);
    expect(
      createReachability([policy({ podSelector: {}, policyTypes: ['Ingress'] })])(here, there, https),
    ).to.equal(true);
  });

  it('follows address blocks, their exceptions and port ranges', () => {
    const to = [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.64/28'] } }];
    const ports = [{ port: 400, endPort: 500 }];
    const reaches = createReachability([
      policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to, ports }] }),
    ]);
    expect(reaches(here, { name: 'near', address: '192.0.2.1' }, https)).to.equal(true);
    expect(reaches(here, { name: 'near', address: '192.0.2.1' }, { port: 80, protocol: 'TCP' })).to.equal(
      false,
    );
    expect(reaches(here, there, https)).to.equal(false);
  });

  it('applies a pod selector alone within the same namespace', () => {
    const ingress = [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }] }];
    const reaches = createReachability([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress })]);
    const caller = (namespace: string): Place => ({ name: 'b', pod: { namespace, labels: { app: 'b' } } });
    expect(reaches(caller('default'), here, https)).to.equal(true);
    expect(reaches(caller('other'), here, https)).to.equal(false);
  });
});
