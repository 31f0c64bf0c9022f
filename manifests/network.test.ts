/** The NetworkPolicies as data: exactly the arrows of the design (docs/design.md#zones), and nothing else. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { KubernetesObject } from './kubernetes-object.ts';
import { designArrows, openArrows, reachOfSessions } from './arrows.ts';
import { parseManifests, render, renderOwn } from './kustomize.ts';
import { createReachability, type Door, type Place } from './reachability.ts';
import { hubLabels, singleuserLabels, singleuserPolicy } from './singleuser-policy.ts';

const outside: Place[] = [
  { name: 'API server', address: '192.0.2.10' },
  { name: 'identity provider', address: '198.51.100.20' },
  { name: 'database', address: '198.51.100.30' },
  { name: 'internet', address: '203.0.113.9' },
  { name: 'DNS on the node', address: '169.254.20.10' },
];
const table = [
  ...designArrows(outside),
  'API server → webhook TCP 8443',
  'webhook → API server TCP 6443',
  'console → API server TCP 6443',
  'console → identity provider TCP 443',
  ...['console', 'webhook'].flatMap((name) =>
    ['TCP', 'UDP'].map((protocol) => `${name} → DNS on the node ${protocol} 53`),
  ),
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

  it('keep every arrow that ends outside the pods, or at DNS, closed until an overlay opens it', () => {
    const ends = /^(console|webhook) → (API server|identity provider|database|dns|DNS)|^API server → webhook/;
    expect(arrows(render('base')).filter((arrow) => ends.test(arrow))).to.deep.equal([]);
  });

  it('each open one side of one arrow, so that each can be read and dropped by itself', () => {
    for (const { kind, metadata, ...rest } of render('overlays/postgres')) {
      if (kind !== 'NetworkPolicy' || metadata?.name === 'default-deny') continue;
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

const DNS_OF_OPENSHIFT = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: twofold-dns }
spec:
  egress:
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: openshift-dns } }
          podSelector: { matchLabels: { dns.operator.openshift.io/daemonset-dns: default } }
      ports: [{ port: 5353, protocol: UDP }, { port: 5353, protocol: TCP }]
`;

/** The sqlite overlay with one of the components in its session namespace, and possibly a patch, as an operator would write it. */
function overlayWith(component: string, patch?: string): KubernetesObject[] {
  return renderOwn((manifests) => ({
    'kustomization.yaml': `
resources: [${manifests}/overlays/sqlite, more]
components: [${patch === undefined ? '' : 'own, '}${manifests}/components/settings]
`,
    'more/kustomization.yaml': `
namespace: sessions
components: [../${manifests}/components/${component}]
`,
    ...(patch !== undefined && {
      'own/kustomization.yaml': `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{ path: patch.yaml }]
`,
      'own/patch.yaml': patch,
    }),
  }));
}

describe('DNS', function () {
  this.timeout(180_000);

  it('is open where dns.yaml says, to console, webhook and isolated sessions alike, and nowhere else', () => {
    const openshift: Place = {
      name: 'openshift',
      pod: {
        namespace: 'openshift-dns',
        labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
      },
    };
    const usual: Place = {
      name: 'usual',
      pod: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    };
    const reaches = createReachability(overlayWith('session-isolation', DNS_OF_OPENSHIFT));
    for (const [namespace, labels] of [
      ['twofold-console', { 'app.kubernetes.io/name': 'console' }],
      ['twofold-webhook', { 'app.kubernetes.io/name': 'webhook' }],
      ['sessions', { 'twofold.dev/session': '0'.repeat(32) }],
    ] as const) {
      const from: Place = { name: namespace, pod: { namespace, labels } };
      for (const protocol of ['TCP', 'UDP'] as const) {
        const open = [5353, 53].map((port) =>
          [openshift, usual].map((to) => reaches(from, to, { port, protocol })),
        );
        expect(open, `${namespace} ${protocol}`).to.deep.equal([
          [true, false],
          [false, false],
        ]);
      }
    }
  });
});

describe('a session pod', function () {
  this.timeout(180_000);
  const CLAIM = 'console TCP 8445';
  const elsewhere: Place[] = [
    ...outside,
    { name: 'hub', pod: { namespace: 'sessions', labels: hubLabels } },
    {
      name: 'database of the cluster',
      pod: { namespace: 'data', labels: { app: 'postgres' } },
      address: '10.244.0.9',
    },
  ];

  it('reaches what it reaches without secrets, and claim, in every overlay', () => {
    for (const overlay of ['overlays/sqlite', 'overlays/postgres', 'overlays/demo']) {
      const objects = render(overlay);
      const policies = objects.filter(
        ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata?.namespace === 'sessions',
      );
      expect(policies, overlay).to.deep.equal([]);
      const { withSecrets, without } = reachOfSessions(objects, elsewhere);
      expect(without).to.include.members([
        'hub TCP 443',
        'database of the cluster TCP 5432',
        'internet TCP 443',
      ]);
      expect(withSecrets, overlay).to.deep.equal([...without, CLAIM].sort());
    }
  });

  it('isolated by components/session-isolation, reaches claim, DNS and what is listed; a pod without secrets is not affected', () => {
    const { withSecrets, without } = reachOfSessions(overlayWith('session-isolation'), elsewhere);
    expect(without).to.deep.equal(reachOfSessions(render('overlays/sqlite'), elsewhere).without);
    const publicAddress = /^(API server|identity provider|database|internet) /;
    expect(withSecrets.filter((each) => !publicAddress.test(each))).to.deep.equal(
      [
        CLAIM,
        ...['dns', 'DNS on the node'].flatMap((name) => [`${name} TCP 53`, `${name} UDP 53`]),
        'hub TCP 8081',
      ].sort(),
    );
    expect(withSecrets).to.include('internet TCP 443');
  });

  describe('of Zero to JupyterHub, whose own policy closes private addresses', () => {
    const isolated = [singleuserPolicy('sessions')];

    it('cannot claim until components/session-claim is there, which opens claim and DNS and nothing else', () => {
      const before = reachOfSessions(
        [...render('overlays/sqlite'), ...isolated],
        elsewhere,
        singleuserLabels,
      );
      expect(before.withSecrets).to.deep.equal(before.without);
      expect(before.withSecrets).not.to.include(CLAIM);
      const objects = [...overlayWith('session-claim'), ...isolated];
      const { withSecrets, without } = reachOfSessions(objects, elsewhere, singleuserLabels);
      expect(without).to.deep.equal(before.without);
      expect(withSecrets).to.deep.equal([...without, CLAIM].sort());
      expect(withSecrets)
        .to.include('internet TCP 443')
        .and.not.to.include('database of the cluster TCP 5432');
    });

    it('claims with the rule in the chart’s values that docs/jupyterhub.md shows', () => {
      const page = readFileSync(new URL('../docs/jupyterhub.md', import.meta.url), 'utf8');
      const [, yaml = ''] = /```yaml\n(singleuser:[^]*?)```/.exec(page) ?? [];
      const [values] = parseManifests(yaml) as unknown as [
        { singleuser: { networkPolicy: { egress: readonly object[] } } },
      ];
      const [policy] = isolated.map(({ spec, ...rest }) => ({
        ...rest,
        spec: { ...spec, egress: [...spec.egress, ...values.singleuser.networkPolicy.egress] },
      }));
      const { withSecrets, without } = reachOfSessions(
        [...render('overlays/sqlite'), ...(policy ? [policy] : [])],
        elsewhere,
        singleuserLabels,
      );
      expect(withSecrets).to.deep.equal([...without, CLAIM].sort());
    });
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

  it('follows address blocks of IPv6 too, and takes no address for one of the other family', () => {
    const to = [{ ipBlock: { cidr: '::/0', except: ['fc00::/7'] } }];
    const reaches = createReachability([
      policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to }] }),
    ]);
    const open = ['2001:db8::1', 'fd00::1', '192.0.2.1'].map((address) =>
      reaches(here, { name: address, address }, https),
    );
    expect(open).to.deep.equal([true, false, false]);
  });

  it('applies a pod selector alone within the same namespace', () => {
    const ingress = [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }] }];
    const reaches = createReachability([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress })]);
    const caller = (namespace: string): Place => ({ name: 'b', pod: { namespace, labels: { app: 'b' } } });
    expect(reaches(caller('default'), here, https)).to.equal(true);
    expect(reaches(caller('other'), here, https)).to.equal(false);
  });
});
