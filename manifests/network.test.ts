/** The NetworkPolicies as data: exactly the arrows of the design (section 1), and nothing else. */
import { expect } from 'chai';
import type { KubernetesObject } from '../scripts/dev/admission-policy-request.ts';
import { render } from './kustomize.ts';
import { createReachability, type Door, type Place } from './reachability.ts';

const zone = (name: string): Place => ({
  name,
  pod: { namespace: `twofold-${name}`, labels: { 'app.kubernetes.io/name': name } },
});
const session = { 'twofold.dev/session': '0123456789abcdef0123456789abcdef' };

const twofold = [zone('console'), zone('webhook'), zone('keyservice')];
const sessionPods: Place[] = [
  { name: 'session', pod: { namespace: 'sessions', labels: session } },
  { name: 'session elsewhere', pod: { namespace: 'unprepared', labels: session } },
];
const strangers: Place[] = [
  { name: 'bystander', pod: { namespace: 'sessions', labels: { app: 'notebook' } } },
  { name: 'stranger', pod: { namespace: 'default', labels: { 'app.kubernetes.io/name': 'webhook' } } },
  {
    name: 'monitoring',
    pod: { namespace: 'monitoring', labels: {}, namespaceLabels: { 'twofold.dev/metrics': 'true' } },
  },
  { name: 'dns', pod: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } } },
  { name: 'API server', address: '192.0.2.10' },
  { name: 'identity provider', address: '198.51.100.20' },
  { name: 'database', address: '198.51.100.30' },
  { name: 'internet', address: '203.0.113.9' },
];
/** In our namespaces, but no part of ours: a debugging pod, a job. */
const guests: Place[] = twofold.map(({ name, pod }) => ({
  name: `guest beside the ${name}`,
  pod: { namespace: pod?.namespace ?? '', labels: {} },
}));

const doors: Door[] = [
  ...[22, 53, 80, 443, 5432, 6443, 8080, 8443, 8444, 8445, 10250].map((port) => ({
    port,
    protocol: 'TCP' as const,
  })),
  ...[53, 8443].map((port) => ({ port, protocol: 'UDP' as const })),
];

/** Every arrow that starts or ends at Twofold, or starts at a session that its namespace was prepared for. */
function arrows(objects: readonly KubernetesObject[]): string[] {
  const reaches = createReachability(objects);
  const everybody = [...twofold, ...sessionPods, ...strangers, ...guests];
  const ours = [...twofold, ...guests];
  const concerned = (from: Place, to: Place): boolean =>
    ours.includes(to) || ours.includes(from) || from.name === 'session';
  const found: string[] = [];
  for (const from of everybody) {
    for (const to of everybody.filter((place) => place !== from && concerned(from, place))) {
      for (const door of doors.filter((d) => reaches(from, to, d))) {
        found.push(`${from.name} → ${to.name} ${door.protocol} ${door.port}`);
      }
    }
  }
  return found.sort();
}

/** The design's table. Users are whoever can reach the public port at all. */
const users = [...strangers.map(({ name }) => name), 'session elsewhere'].map(
  (name) => `${name} → console TCP 8443`,
);
const dns = ['console', 'webhook', 'session'].flatMap((name) => [
  `${name} → dns TCP 53`,
  `${name} → dns UDP 53`,
]);
const table = [
  ...users,
  ...dns,
  'API server → webhook TCP 8443',
  'webhook → console TCP 8444',
  'webhook → keyservice TCP 8443',
  'webhook → API server TCP 6443',
  'console → keyservice TCP 8443',
  'console → API server TCP 6443',
  'console → identity provider TCP 443',
  'session → console TCP 8445',
  'session elsewhere → console TCP 8445',
  'monitoring → console TCP 8080',
  'monitoring → webhook TCP 8080',
  'monitoring → keyservice TCP 8080',
];

describe('network policies', function () {
  this.timeout(180_000);

  it('open exactly the arrows of the design, with the embedded database', () => {
    expect(arrows(render('overlays/sqlite'))).to.deep.equal([...table].sort());
  });

  it('open one more to the database, where there is one', () => {
    const withDatabase = [...table, 'console → database TCP 5432'].sort();
    expect(arrows(render('overlays/postgres'))).to.deep.equal(withDatabase);
  });

  it('leave every arrow that ends outside the pods closed until an overlay opens it', () => {
    const outside = /^(console|webhook) → (API server|identity provider|database)|^API server → webhook/;
    expect(arrows(render('base')).filter((arrow) => outside.test(arrow))).to.deep.equal([]);
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

  it('say in so many words that the keyservice reaches nobody', () => {
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
    ...{ spec },
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

  it('follows blocks of addresses, their exceptions and ranges of ports', () => {
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

  it('takes a pod selector alone as one in the same namespace', () => {
    const ingress = [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }] }];
    const reaches = createReachability([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress })]);
    const caller = (namespace: string): Place => ({ name: 'b', pod: { namespace, labels: { app: 'b' } } });
    expect(reaches(caller('default'), here, https)).to.equal(true);
    expect(reaches(caller('other'), here, https)).to.equal(false);
  });
});
