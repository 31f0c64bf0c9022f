import type { KubernetesObject } from '@kubernetes/client-node';
import { expect } from 'chai';
import { GUARD_POLICIES } from '../../console/core/guard.ts';
import { designArrows, openArrows } from '../../manifests/arrows.ts';
import { DNS_PORT } from '../../scripts/deploy/local/overlay.ts';
import { eventually } from '../eventually.ts';
import {
  discoverResources,
  mayDo,
  rightsOf,
  rulesOf,
  type Account,
  type Resource,
} from './cluster/access.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { connect } from './cluster/connection.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';

function service(name: string): Account {
  return { namespace: `twofold-${name}`, name };
}
const [consoleAccount, webhookAccount, keyserviceAccount] = ['console', 'webhook', 'keyservice'].map(
  service,
) as [Account, Account, Account];

const LEASES = 'coordination.k8s.io/leases';
const GUARD = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'] as const;
const ADMISSION = 'admissionregistration.k8s.io';

/** What every account may do: ask about itself. */
const SELF = [
  'create authentication.k8s.io/selfsubjectreviews',
  'create authorization.k8s.io/selfsubjectaccessreviews',
  'create authorization.k8s.io/selfsubjectrulesreviews',
];
const IN_SESSIONS = [
  ...['create', 'delete', 'list', 'patch'].map((verb) => `${verb} ${LEASES}`),
  'create secrets',
  'get serviceaccounts',
  'list pods',
].sort();
const ELECTION = ['create', 'get', 'update'].map((verb) => `${verb} ${LEASES}`);

describe('rights at the API server, as it reports them for each account', function () {
  this.timeout(180_000);
  const cluster = connect();
  const api = createApi(cluster.config);
  const enabled = cluster.endpoints.namespaces.sessions;
  let namespaced: readonly Resource[];
  let clusterWide: readonly Resource[];

  before(async () => {
    const resources = await discoverResources(api);
    namespaced = resources.filter((each) => each.namespaced);
    clusterWide = resources.filter((each) => !each.namespaced);
    expect(resources.length).to.be.above(100);
  });

  it('the webhook may write sessions’ Secrets and Leases, read pods and accounts, elect its janitor, and nothing else', async () => {
    expect(await rightsOf(api, webhookAccount, namespaced, cluster.sessions)).to.deep.equal(IN_SESSIONS);
    expect(await rightsOf(api, webhookAccount, namespaced, 'twofold-webhook')).to.deep.equal(ELECTION);
    expect(await rightsOf(api, webhookAccount, clusterWide)).to.deep.equal(SELF);
  });

  it('the webhook reads no Secret: not in one namespace, not by name, and not through the API itself', async () => {
    const secrets = { group: '', resource: 'secrets' };
    const { items } = await cluster.core.listNamespace();
    const places = [undefined, ...items.map(({ metadata }) => metadata?.name)];
    for (const namespace of places) {
      for (const verb of ['get', 'list', 'watch', 'update', 'patch', 'delete', 'deletecollection']) {
        const may = await mayDo(api, webhookAccount, verb, secrets, { namespace });
        expect(may, `${verb} in ${namespace ?? 'all namespaces'}`).to.equal(false);
      }
    }
    const name = await eventually('a Secret is there', async () => {
      const { items: found } = await cluster.core.listNamespacedSecret({ namespace: 'twofold-webhook' });
      return found[0]?.metadata?.name;
    });
    for (const path of ['', `/${name}`]) {
      const answer = await api.call({
        method: 'GET',
        path: `/api/v1/namespaces/twofold-webhook/secrets${path}`,
        as: 'system:serviceaccount:twofold-webhook:webhook',
        groups: ['system:authenticated'],
      });
      expect([answer.status, 'data' in (answer.body as object)]).to.deep.equal([403, false]);
    }
  });

  it('the console may review tokens, get pods and the guard’s objects by name, and nothing else', async () => {
    const own = ['create authentication.k8s.io/tokenreviews', ...SELF].sort();
    expect(await rightsOf(api, consoleAccount, clusterWide)).to.deep.equal(own);
    expect(await rightsOf(api, consoleAccount, namespaced, cluster.sessions)).to.deep.equal(['get pods']);
    for (const resource of GUARD) {
      const kind = { group: ADMISSION, resource };
      for (const name of GUARD_POLICIES)
        expect(await mayDo(api, consoleAccount, 'get', kind, { name }), name).to.equal(true);
      for (const [verb, name] of [
        ['get', 'twofold-order'],
        ['update', 'twofold-shape'],
        ['delete', 'twofold-shape'],
      ] as const)
        expect(await mayDo(api, consoleAccount, verb, kind, { name }), `${verb} ${name}`).to.equal(false);
    }
  });

  it('the keyservice may do nothing, and its pods have no token to authenticate with', async () => {
    expect(await rightsOf(api, keyserviceAccount, clusterWide)).to.deep.equal(SELF);
    expect(await rightsOf(api, keyserviceAccount, namespaced, 'twofold-keyservice')).to.deep.equal([]);
    const { items } = await cluster.core.listNamespacedPod({
      namespace: 'twofold-keyservice',
      labelSelector: 'app.kubernetes.io/name=keyservice',
    });
    expect(items).not.to.deep.equal([]);
    for (const { spec } of items) {
      const sources = (spec?.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
      const tokens = sources.filter(({ serviceAccountToken }) => serviceAccountToken);
      expect([spec?.automountServiceAccountToken, tokens]).to.deep.equal([false, []]);
    }
  });

  it('none has any further right in any namespace of the cluster, and a session’s own account has none', async () => {
    const { items } = await cluster.core.listNamespace();
    for (const namespace of items.map(({ metadata }) => metadata?.name ?? '')) {
      const ask = (account: Account) => rulesOf(api, account, namespace);
      const nobody = await ask({ namespace: 'default', name: 'nobody' });
      const more = async (account: Account): Promise<readonly string[]> =>
        (await ask(account)).filter((rule) => !nobody.includes(rule));
      const names = GUARD_POLICIES.join(' ');
      const session = enabled.includes(namespace) ? IN_SESSIONS : [];
      const election = namespace === 'twofold-webhook' ? ELECTION : [];
      const where = `in ${namespace}`;
      expect(await more(webhookAccount), where).to.deep.equal([...session, ...election].sort());
      expect(await more(keyserviceAccount), where).to.deep.equal([]);
      expect(await more({ namespace: cluster.sessions, name: 'default' }), where).to.deep.equal([]);
      expect(await more(consoleAccount), where).to.deep.equal(
        [
          'create authentication.k8s.io/tokenreviews',
          'get pods',
          ...GUARD.map((resource) => `get ${ADMISSION}/${resource} ${names}`),
        ].sort(),
      );
    }
  });
});

interface Policies {
  readonly items: readonly KubernetesObject[];
}

describe('network policies, as applied', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  let applied: readonly KubernetesObject[];
  let apiServer: string;

  before(async () => {
    const path = '/apis/networking.k8s.io/v1/networkpolicies';
    const { items } = await api.must<Policies>({ method: 'GET', path });
    // Objects in a list do not state their kind.
    applied = items.map((item) => ({ ...item, kind: 'NetworkPolicy' }));
    apiServer = new URL(cluster.config.getCurrentCluster()?.server ?? '').hostname;
  });

  it('open exactly the arrows of the design', () => {
    const outside = [
      { name: 'node', address: apiServer },
      { name: 'internet', address: '203.0.113.9' },
    ];
    // API server, identity provider and, if there is one, PostgreSQL are at the node's address.
    const { database, issuer } = cluster.endpoints;
    const expected = [
      ...designArrows(outside, DNS_PORT),
      'node → webhook TCP 8443',
      'webhook → node TCP 6443',
      'console → node TCP 6443',
      `console → node TCP ${new URL(issuer).port}`,
      ...(database.kind === 'postgres' ? ['console → node TCP 5432'] : []),
    ];
    expect(openArrows(applied, outside)).to.deep.equal(expected.sort());
  });

  it('select no session: in enabled namespaces there is none of ours', () => {
    const namespaces = applied.flatMap(({ metadata }) =>
      metadata?.labels?.['app.kubernetes.io/part-of'] === 'twofold' ? [metadata.namespace] : [],
    );
    expect(namespaces).to.include('twofold-webhook');
    // In e2e-network, network.e2e.ts tries the components that do.
    for (const namespace of cluster.endpoints.namespaces.sessions)
      if (namespace !== 'e2e-network') expect(namespaces).not.to.include(namespace);
  });
});

describe('network policies, where the cluster enforces them', () => {
  const cluster = connect();
  const id = uniqueName('network');

  /** Whether a pod of the scenario gets a connection. */
  const connects = async (host: string, port: number): Promise<boolean> => {
    const seen = await cluster.exec(id, [
      'sh',
      '-c',
      `nc -w 3 ${host} ${port} </dev/null && echo open; true`,
    ]);
    return seen.includes('open');
  };

  before(async () => {
    await cluster.create(pod({ name: id, labels: { app: id }, containers: [container({ name: 'main' })] }));
    await cluster.ready(id);
  });
  after(() => cluster.remove('pod', id));

  it('close every port of Twofold to a bystander, except the public one', async () => {
    const closed = [
      ['console.twofold-console.svc', 8444],
      ['console.twofold-console.svc', 8445],
      ['keyservice.twofold-keyservice.svc', 8443],
      ['webhook.twofold-webhook.svc', 8443],
    ] as const;
    for (const [host, port] of closed) expect(await connects(host, port), `${host}:${port}`).to.equal(false);
    expect(await connects('console.twofold-console.svc', 8443)).to.equal(true);
  });
});
