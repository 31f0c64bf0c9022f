import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { expect } from 'chai';
import { singleuserPolicy } from '../../manifests/singleuser-policy.ts';
import { assertDns, noteIsolation } from './dns.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { readRendering } from './rendering.ts';
import { render } from '../../manifests/kustomize.ts';

const SERVICE_ADDRESS = '172.30.0.10';
const SERVICE_ADDRESS_6 = 'fd00:10::a';
const OPENSHIFT_LABEL = { 'dns.operator.openshift.io/daemonset-dns': 'default' };

interface World {
  /** What the pods' probe prints, or why it cannot run. */
  readonly probed?: { readonly servers: readonly string[]; readonly code: string } | string;
  readonly ports?: readonly object[];
  readonly namespace?: string;
  readonly pod?: object;
  readonly policies?: readonly object[];
  readonly namespaces?: readonly object[];
}

/** A cluster with one DNS Service. */
function kubectlOf({
  probed = '',
  ports = [],
  namespace = 'kube-system',
  pod,
  policies = [],
  namespaces = [],
}: World): Kubectl {
  const lists: Readonly<Record<string, readonly object[]>> = {
    services: [
      {
        metadata: { name: 'dns', namespace },
        spec: {
          clusterIPs: [SERVICE_ADDRESS, SERVICE_ADDRESS_6],
          selector: OPENSHIFT_LABEL,
          ports: [
            { name: 'dns', port: 53 },
            { name: 'dns-tcp', port: 53 },
            { name: 'metrics', port: 9154 },
          ],
        },
      },
    ],
    endpointslices: [
      ...(['fd00::5', '10.128.0.5'] as const).map((address) => ({
        addressType: address.includes(':') ? 'IPv6' : 'IPv4',
        ports,
        endpoints: [{ addresses: [address], targetRef: { kind: 'Pod', name: 'dns-1' } }],
      })),
    ],
    networkpolicies: policies,
    namespaces,
  };
  const never = () => Promise.reject(new Error('not expected'));
  return {
    run: never,
    apply: never,
    attempt: () =>
      Promise.resolve(
        typeof probed === 'string'
          ? { code: 1, stdout: '', stderr: probed }
          : { code: 0, stdout: JSON.stringify(probed), stderr: '' },
      ),
    find: <T>() => Promise.resolve(pod as T | undefined),
    list: <T>([kind = '', ...args]: readonly string[]) => {
      // As kubectl does.
      if (args[0] === '-n' && args[1]?.includes('/')) throw new Error(`invalid namespace ${args[1]}`);
      return Promise.resolve((lists[kind] ?? []) as readonly T[]);
    },
  };
}

function listen(port: number) {
  return [
    { name: 'dns', port, protocol: 'UDP' },
    { name: 'dns-tcp', port, protocol: 'TCP' },
    { name: 'metrics', port: 9154, protocol: 'TCP' },
  ];
}
const silent = { servers: [SERVICE_ADDRESS], code: 'ETIMEOUT' };

describe('the self-test of DNS', function () {
  this.timeout(120_000);
  let objects: readonly KubernetesObject[];
  before(() => {
    objects = render('overlays/sqlite');
  });

  const said: string[] = [];
  beforeEach(() => said.splice(0));
  const say = (line: string): void => void said.push(line);
  /** No waiting: nothing settles here. */
  const assertNow = (world: World): Promise<void> =>
    assertDns(kubectlOf(world), readRendering(objects), say, { withinMs: 0, everyMs: 0 });
  const failure = async (world: World): Promise<readonly [string, string]> => {
    const error: unknown = await assertNow(world).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof DeployError)) throw new Error('nothing was wrong');
    return [error.message, error.next];
  };

  it('is passed by any answer, also that there is no such name', async () => {
    for (const code of ['', 'ENOTFOUND', 'ESERVFAIL']) await assertNow({ probed: { ...silent, code } });
    expect(said[0]).to.equal(`self-test: the console reaches DNS at ${SERVICE_ADDRESS}`);
    expect(said[1]).to.match(/the webhook reaches DNS/);
  });

  it('names the pods’ port and place where the policies do not allow them', async () => {
    const [message, next] = await failure({
      probed: silent,
      ports: listen(5353),
      namespace: 'openshift-dns',
      pod: { metadata: { labels: { ...OPENSHIFT_LABEL, 'pod-template-hash': '5' } }, spec: {} },
    });
    expect(message).to.equal(
      `DNS does not answer the console’s pods at ${SERVICE_ADDRESS}: the pods of the Service openshift-dns/dns listen on TCP 5353 and UDP 5353, and console-to-dns does not allow them`,
    );
    expect(next).to.include(
      '(namespace openshift-dns, labels dns.operator.openshift.io/daemonset-dns=default)',
    );
  });

  it('names the address of a cache on the node, of either family', async () => {
    for (const [address, bits] of [
      ['169.254.25.10', 32],
      ['fd00::a', 128],
    ] as const) {
      const [message, next] = await failure({ probed: { servers: [address], code: 'ETIMEOUT' } });
      expect(message).to.include(`at ${address}, which is no Service`);
      expect(next).to.include(`add { ipBlock: { cidr: ${address}/${bits} } } with TCP 53 and UDP 53`);
    }
  });

  it('names the address of DNS pods on their node’s network', async () => {
    const pod = { metadata: { labels: { 'k8s-app': 'kube-dns' } }, spec: { hostNetwork: true } };
    const [, next] = await failure({ probed: silent, ports: listen(53), pod });
    expect(next).to.include('add { ipBlock: { cidr: 10.128.0.5/32 } } with TCP 53 and UDP 53');
    const overIPv6 = { ...silent, servers: [SERVICE_ADDRESS_6] };
    const [, other] = await failure({ probed: overIPv6, ports: listen(53), pod });
    expect(other).to.include('add { ipBlock: { cidr: fd00::5/128 } }');
  });

  it('asks for the Service’s address where the policies allow the pods and nothing answers', async () => {
    const pod = { metadata: { labels: { 'k8s-app': 'kube-dns' } }, spec: {} };
    const [message, next] = await failure({ probed: silent, ports: listen(53), pod });
    expect(message).to.include('though console-to-dns allows it');
    expect(next).to.include(`add { ipBlock: { cidr: ${SERVICE_ADDRESS}/32 } } to dns.yaml`);
  });

  it('says so where it cannot be tried, and goes on', async () => {
    await assertNow({ probed: 'pods "x" is forbidden: cannot create resource "pods/exec"' });
    expect(said.join('\n')).to.match(/the console reaches DNS could not be tried: .*pods\/exec/);
  });
});

describe('policies of others in session namespaces', function () {
  this.timeout(120_000);

  it('are noted where they close egress', async () => {
    const said: string[] = [];
    const rendering = readRendering(render('overlays/sqlite'));
    const policies = [
      singleuserPolicy('sessions'),
      { metadata: { name: 'in', namespace: 'sessions' }, spec: { policyTypes: ['Ingress'] } },
    ];
    await noteIsolation(kubectlOf({ policies }), rendering, (line) => said.push(line));
    expect(said).to.have.length(1);
    expect(said[0]).to.include('NOTE: ').and.to.include(': singleuser in sessions.');
    await noteIsolation(kubectlOf({ policies: [] }), rendering, (line) => said.push(line));
    expect(said).to.have.length(1);
  });

  it('are noted where a pattern or the label enables the namespace', async () => {
    const said: string[] = [];
    const isolated = ['jupyter-alice', 'jupyter-bob', 'labelled', 'other'];
    // Brought by whoever made the namespace.
    const claim = {
      metadata: { name: 'twofold-session-to-claim', namespace: 'jupyter-bob' },
      spec: { policyTypes: ['Egress'] },
    };
    const world = {
      policies: [...isolated.map(singleuserPolicy), claim],
      namespaces: isolated.map((name) => ({
        metadata: { name, labels: name === 'labelled' ? { 'twofold.dev/sessions': 'enabled' } : {} },
      })),
    };
    const sessionNamespaces = ['jupyter-*', 'twofold.dev/sessions=enabled'];
    const rendering = { ...readRendering(render('overlays/sqlite')), sessionNamespaces };
    await noteIsolation(kubectlOf(world), rendering, (line) => said.push(line));
    expect(said).to.have.length(1);
    expect(said[0]).to.include(': singleuser in jupyter-alice, singleuser in labelled.');
  });

  it('are not noted where the overlay has components/session-claim', async () => {
    const said: string[] = [];
    const claim = {
      kind: 'NetworkPolicy',
      metadata: { name: 'twofold-session-to-claim', namespace: 'sessions' },
    };
    const rendering = readRendering([...render('overlays/sqlite'), claim]);
    await noteIsolation(kubectlOf({ policies: [singleuserPolicy('sessions'), claim] }), rendering, (line) =>
      said.push(line),
    );
    expect(said).to.deep.equal([]);
  });
});
