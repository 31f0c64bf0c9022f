/** Network policies, enforced: every pair of the design's table is tried from the pod's own network. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { designArrows, nameOf, pairsOf, type Pair } from '../../manifests/arrows.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { render } from '../../manifests/kustomize.ts';
import type { Place } from '../../manifests/reachability.ts';
import { hubLabels, singleuserLabels, singleuserPolicy } from '../../manifests/singleuser-policy.ts';
import { DNS_PORT, NODE_ADDRESS } from '../../scripts/deploy/local/overlay.ts';
import { eventually } from '../eventually.ts';
import { connect } from './cluster/connection.ts';
import { kubectlOutput, manifest } from './cluster/kubectl.ts';
import { networkOf, tryAll, type Attempt, type Result } from './network/attempts.ts';
import { startMachineOutside, type Machine } from './network/outside.ts';
import { marker } from './sessions/marker.ts';
import { isAsking, pod, uniqueName } from './sessions/pods.ts';
import { startScenario, type Scenario } from './sessions/scenario.ts';

const NODE: Place = { name: 'node', address: NODE_ADDRESS };
/** Every closed pair is a wait. */
const AT_ONCE = 4;
const INTERNET: Place = { name: 'internet', address: '203.0.113.9' };

describe('network policies, enforced', function () {
  this.timeout(300_000);
  const cluster = connect();
  const { endpoints } = cluster;
  let machine: Machine;
  before(async () => {
    machine = await startMachineOutside();
  });
  after(() => machine.close());

  const addressOf = ({ status }: V1Pod): string => status?.podIP ?? '';
  const runningPod = async (namespace: string, labelSelector: string): Promise<V1Pod> => {
    const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector });
    const found = items.find(
      ({ status, metadata }) => status?.phase === 'Running' && metadata?.deletionTimestamp === undefined,
    );
    if (!found) throw new Error(`no pod ${labelSelector} runs in ${namespace}`);
    return found;
  };
  const start = async (
    options: Parameters<typeof pod>[0] & { readonly namespace: string },
  ): Promise<V1Pod> => {
    const name = uniqueName('network');
    await cluster.create(pod({ ...options, name }), options.namespace);
    return await cluster.ready(name, { namespace: options.namespace });
  };
  const removeAll = async (pods: readonly V1Pod[]): Promise<void> => {
    await Promise.all(
      pods.map(({ metadata }) => cluster.remove('pod', metadata?.name ?? '', metadata?.namespace ?? '')),
    );
  };

  describe('between the zones', () => {
    let scenario: Scenario;
    const strangers: V1Pod[] = [];
    const places = new Map<string, { readonly address: string; readonly pid: number }>();
    const place = async (name: string, where: V1Pod): Promise<void> => {
      places.set(name, { address: addressOf(where), pid: await networkOf(where) });
    };
    const stranger = async (name: string, options: Parameters<typeof start>[0]): Promise<void> => {
      const started = await start(options);
      strangers.push(started);
      await place(name, started);
    };

    before(async () => {
      scenario = await startScenario(cluster, 'network');
      await kubectlOutput(['create', 'namespace', 'monitoring']);
      await kubectlOutput(['label', 'namespace', 'monitoring', 'twofold.dev/metrics=true']);
      await eventually('it has its account', async () => {
        const { items } = await cluster.core.listNamespacedServiceAccount({ namespace: 'monitoring' });
        return items.length > 0;
      });
      for (const name of ['console', 'webhook', 'keyservice'])
        await place(name, await runningPod(`twofold-${name}`, `app.kubernetes.io/name=${name}`));
      await place('dns', await runningPod('kube-system', 'k8s-app=kube-dns'));
      await place('session', await cluster.ready(await scenario.admitted()));
      await Promise.all([
        stranger('bystander', { namespace: cluster.sessions, labels: { app: 'notebook' } }),
        stranger('stranger', { namespace: 'default', labels: { 'app.kubernetes.io/name': 'webhook' } }),
        stranger('monitoring', { namespace: 'monitoring' }),
        ...['console', 'webhook', 'keyservice'].map((name) =>
          stranger(`guest next to the ${name}`, { namespace: `twofold-${name}` }),
        ),
      ]);
      places.set(INTERNET.name, machine);
      // Root's packets are exempt, so the node is only a target.
      places.set(NODE.name, { address: NODE_ADDRESS, pid: 0 });
    });
    after(async () => {
      await removeAll(strangers);
      await kubectlOutput(['delete', 'namespace', 'monitoring', '--wait=false']);
      await scenario.end();
    });

    it('each arrow of the design is open, and every other pair is closed', async () => {
      const outside = [NODE, INTERNET];
      // The guard refuses a session in a namespace that is not enabled.
      const absent = ['session elsewhere'];
      const pairs = pairsOf(outside).filter(
        ({ from, to }) => from !== NODE && ![from.name, to.name].some((name) => absent.includes(name)),
      );
      const froms = [...new Set(pairs.map(({ from }) => from.name))];
      expect(froms).to.have.length(12);
      const expected = [
        ...designArrows(outside, DNS_PORT),
        'webhook → node TCP 6443',
        'console → node TCP 6443',
        `console → node TCP ${new URL(endpoints.issuer).port}`,
      ].filter((arrow) => !arrow.startsWith('node ') && !absent.some((name) => arrow.startsWith(name)));
      const found = new Map<string, Result>();
      const tryFrom = async (from: string, tried: readonly Pair[]): Promise<void> => {
        const results = await tryAll(
          places.get(from)?.pid ?? 0,
          tried.map(({ to, door }) => ({ ...door, address: places.get(to.name)?.address ?? '' })),
        );
        for (const [index, pair] of tried.entries()) found.set(nameOf(pair), results[index] ?? 'untried');
      };
      const waiting = froms.values();
      const work = async (): Promise<void> => {
        for (const from of waiting)
          await tryFrom(
            from,
            pairs.filter((pair) => pair.from.name === from),
          );
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      // So many at once on a busy machine: an answer may come too late. Nothing else is tried again.
      for (const pair of pairs)
        if (expected.includes(nameOf(pair)) && found.get(nameOf(pair)) === 'closed')
          await tryFrom(pair.from.name, [pair]);
      const open = [...found]
        .filter(([, result]) => result !== 'closed')
        .map(([name, result]) => `${name} ${result}`);
      expect(open.sort()).to.deep.equal(expected.map((arrow) => `${arrow} open`).sort());
    });
  });

  describe('around a session pod', () => {
    const namespace = 'e2e-network';
    const secret = uniqueName('network');
    const alice = cluster.person('alice');
    const value = `of alice ${marker()}`;
    const pods: V1Pod[] = [];
    let hub: V1Pod;
    let database: V1Pod;
    let plain: V1Pod;
    let annotations: Readonly<Record<string, string>>;

    const session = (name: string) =>
      pod({
        name,
        namespace,
        annotations,
        labels: singleuserLabels,
        spec: { restartPolicy: 'Always' },
      });
    const started = async (): Promise<V1Pod> => {
      const name = uniqueName('singleuser');
      await cluster.create(session(name), namespace);
      pods.push(await cluster.ready(name, { namespace }));
      expect(await cluster.exec(name, ['cat', `/secrets/${secret}`], { namespace })).to.equal(value);
      return pods.at(-1)!;
    };
    /** The open ones of what a server might want to reach. */
    const reach = async (from: V1Pod): Promise<readonly string[]> => {
      const consolePod = await runningPod('twofold-console', 'app.kubernetes.io/name=console');
      const dns = await runningPod('kube-system', 'k8s-app=kube-dns');
      const targets: readonly (readonly [string, Attempt])[] = [
        ['claim', { address: addressOf(consolePod), port: 8445, protocol: 'TCP' }],
        ['console', { address: addressOf(consolePod), port: 8443, protocol: 'TCP' }],
        ['hub', { address: addressOf(hub), port: 8081, protocol: 'TCP' }],
        ['the hub’s other port', { address: addressOf(hub), port: 22, protocol: 'TCP' }],
        ['database', { address: addressOf(database), port: 5432, protocol: 'TCP' }],
        ['internet', { address: machine.address, port: 443, protocol: 'TCP' }],
        ['DNS', { address: addressOf(dns), port: DNS_PORT, protocol: 'UDP' }],
      ];
      const results = await tryAll(
        await networkOf(from),
        targets.map(([, attempt]) => attempt),
      );
      return targets.flatMap(([name], index) => (results[index] === 'open' ? [name] : []));
    };
    /** Policies as an operator's overlay has them with a component in this namespace. */
    const policiesOf = (component: string): readonly KubernetesObject[] => {
      const other = join(dirname(endpoints.overlay), 'overlay-with-component');
      try {
        cpSync(endpoints.overlay, other, { recursive: true });
        const file = join(other, 'sessions', namespace, 'kustomization.yaml');
        const before = readFileSync(file, 'utf8');
        const after = before.replace(/^( *- )(.*)session-namespace$/m, `$&\n$1$2${component}`);
        expect(after).not.to.equal(before);
        writeFileSync(file, after);
        return render(other).filter(
          ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata?.namespace === namespace,
        );
      } finally {
        rmSync(other, { recursive: true, force: true });
      }
    };
    const apply = (objects: readonly object[]): Promise<string> =>
      kubectlOutput(['apply', '--server-side', '--filename', '-'], { input: manifest(...objects) });
    const removePolicies = (): Promise<string> =>
      kubectlOutput(['delete', 'networkpolicies', '--all', '--namespace', namespace]);
    /** Once the policies that were just changed are in force. */
    const reaches = async (from: V1Pod, expected: readonly string[]): Promise<void> => {
      let last: readonly string[] = [];
      await eventually(
        'the policies are in force',
        async () => {
          last = await reach(from);
          return JSON.stringify(last) === JSON.stringify(expected);
        },
        { timeoutMs: 15_000 },
      ).catch(() => expect(last).to.deep.equal(expected));
    };

    before(async () => {
      await removePolicies();
      await alice.store(secret, value);
      ({ annotations } = await alice.ticket({ namespace, secrets: [secret] }));
      [hub, database, plain] = await Promise.all([
        start({ namespace, labels: hubLabels }),
        start({ namespace: 'default', labels: { app: 'postgres' } }),
        start({ namespace, labels: singleuserLabels }),
      ]);
      pods.push(hub, database, plain);
    });
    afterEach(removePolicies);
    after(async () => {
      await removeAll(pods);
      alice.close();
    });

    it('a session keeps the reach that it has without secrets: hub, databases, the internet', async () => {
      const withoutSecrets = ['console', 'hub', 'the hub’s other port', 'database', 'internet', 'DNS'];
      await reaches(plain, withoutSecrets);
      await reaches(await started(), ['claim', ...withoutSecrets]);
    });

    it('one that Zero to JupyterHub’s own policy isolates waits for components/session-claim, and then has its rules and claim', async () => {
      await apply([singleuserPolicy(namespace)]);
      await reaches(plain, ['hub', 'internet']);
      const name = uniqueName('singleuser');
      await cluster.create(session(name), namespace);
      const waiting = await cluster.podThat('waits for its keys', name, isAsking, { namespace });
      await reaches(waiting, ['hub', 'internet']);
      await apply(policiesOf('session-claim'));
      pods.push(await cluster.ready(name, { namespace, timeoutMs: 120_000 }));
      expect(await cluster.exec(name, ['cat', `/secrets/${secret}`], { namespace })).to.equal(value);
      await reaches(pods.at(-1)!, ['claim', 'hub', 'internet', 'DNS']);
      await reaches(plain, ['hub', 'internet']);
    });

    it('one that components/session-isolation isolates reaches what is listed, and a pod without secrets everything', async () => {
      await apply(policiesOf('session-isolation'));
      await reaches(await started(), ['claim', 'hub', 'internet', 'DNS']);
      await reaches(plain, ['console', 'hub', 'the hub’s other port', 'database', 'internet', 'DNS']);
    });
  });
});
