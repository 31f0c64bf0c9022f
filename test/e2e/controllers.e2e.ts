import { expect } from 'chai';
import type { V1Pod } from '@kubernetes/client-node';
import { eventually } from '../eventually.ts';
import { connect } from './cluster/connection.ts';
import { kubectlOutput, manifest } from './cluster/kubectl.ts';
import { marker } from './sessions/marker.ts';
import {
  container,
  pod,
  podSpec,
  restrictedContainer,
  template,
  uniqueName,
  type PodOptions,
} from './sessions/pods.ts';
import type { Person } from '../../scripts/dev/person.ts';

describe('pods that controllers create', () => {
  const cluster = connect();
  const { sessions: namespace } = cluster;
  const secret = uniqueName('token');
  const value = `a token ${marker()}`;
  const made: (readonly [kind: string, name: string])[] = [];
  let bob: Person;
  let annotations: Readonly<Record<string, string>>;

  before(async () => {
    bob = cluster.person('bob');
    await bob.store(secret, value);
    ({ annotations } = await bob.ticket({ namespace, secrets: [secret] }));
  });
  after(async () => {
    await Promise.all(made.map(([kind, name]) => cluster.remove(kind, name)));
    bob.close();
  });

  const create = async (kind: string, name: string, object: object): Promise<void> => {
    made.push([kind, name]);
    await cluster.create(object);
  };

  const podsOf = async (labelSelector: string): Promise<readonly V1Pod[]> =>
    (await cluster.core.listNamespacedPod({ namespace, labelSelector })).items;

  const nameOf = ({ metadata }: V1Pod): string => metadata?.name ?? '';

  /** This many pods with this label, all ready. */
  const readyPods = async (labelSelector: string, count: number): Promise<readonly string[]> => {
    const names = await eventually(`${count} pods with ${labelSelector}`, async () => {
      const names = (await podsOf(labelSelector))
        .filter(({ metadata }) => !metadata?.deletionTimestamp)
        .map(nameOf);
      return names.length === count ? names : undefined;
    });
    await Promise.all(names.map((name) => cluster.ready(name, { timeoutMs: 120_000 })));
    return names;
  };

  const read = (name: string, chosen = 'main'): Promise<string> =>
    cluster.exec(name, ['cat', `/secrets/${secret}`], { container: chosen });

  const workload = (name: string, options: PodOptions = {}) => {
    const labels = { app: name };
    return { selector: { matchLabels: labels }, template: template({ annotations, ...options }, labels) };
  };

  it('serves every replica of a Deployment with one ticket', async () => {
    const name = uniqueName('deployment');
    await create('deployment', name, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas: 3, ...workload(name) },
    });
    const names = await readyPods(`app=${name}`, 3);
    expect(await Promise.all(names.map((each) => read(each)))).to.deep.equal([value, value, value]);
  });

  it('serves a StatefulSet’s pod again after its eviction, and then with the newest value', async () => {
    const name = uniqueName('stateful');
    const evicted = `${name}-0`;
    const newer = `a newer token ${marker()}`;
    await bob.store(name, value);
    const ticket = await bob.ticket({ namespace, secrets: [name] });
    await create('statefulset', name, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name },
      spec: { replicas: 1, serviceName: name, ...workload(name, { annotations: ticket.annotations }) },
    });
    const { metadata: first } = await cluster.ready(evicted);
    await cluster.keep(bob, name, newer);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: evicted, namespace } };
    await kubectlOutput(
      ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${evicted}/eviction`, '--filename', '-'],
      { input: JSON.stringify(eviction) },
    );
    await cluster.podThat('was created again', evicted, ({ metadata }) => metadata?.uid !== first?.uid);
    await cluster.ready(evicted);
    expect(await cluster.exec(evicted, ['cat', `/secrets/${name}`])).to.equal(newer);
    await cluster.noSessionObjects(first?.labels?.['twofold.dev/session']);
  });

  it('keeps the files when a container of the pod restarts', async () => {
    const name = uniqueName('restart');
    await create('pod', name, pod({ name, annotations, spec: { restartPolicy: 'Always' } }));
    await cluster.ready(name);
    // Its exit code shows that the container ended under it.
    await cluster.exec(name, ['kill', '1']).catch(() => undefined);
    await cluster.podThat(
      'has restarted',
      name,
      ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1,
    );
    await cluster.ready(name);
    expect(await read(name)).to.equal(value);
  });

  it('gives a Job its file, and a CronJob’s Job', async () => {
    const name = uniqueName('job');
    const command = ['sh', '-c', `cat /secrets/${secret} | sha256sum`];
    const spec = {
      template: template(
        { annotations, containers: [container({ name: 'main', command })], spec: { restartPolicy: 'Never' } },
        {},
      ),
    };
    await create('job', name, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec });
    await create('cronjob', name, {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name },
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec } },
    });
    await kubectlOutput(['create', 'job', `${name}-now`, `--from=cronjob/${name}`, '--namespace', namespace]);
    made.push(['job', `${name}-now`]);
    for (const job of [name, `${name}-now`]) {
      const [only = ''] = await eventually(`job ${job} has a pod`, async () => {
        const names = (await podsOf(`job-name=${job}`)).map(nameOf);
        return names.length > 0 ? names : undefined;
      });
      expect((await cluster.ended(only)).status?.phase).to.equal('Succeeded');
    }
  });

  it('works with kubectl run', async () => {
    const name = uniqueName('run');
    made.push(['pod', name]);
    const { containers, ...rest } = podSpec({});
    const overrides = { spec: { ...rest, containers: containers.map((each) => ({ ...each, name })) } };
    await kubectlOutput([
      'run',
      name,
      '--namespace',
      namespace,
      '--image',
      'localhost/busybox:1',
      '--restart',
      'Never',
      ...Object.entries(annotations).map(([key, text]) => `--annotations=${key}=${text}`),
      '--override-type',
      'strategic',
      '--overrides',
      JSON.stringify(overrides),
    ]);
    await cluster.ready(name);
    expect(await read(name, name)).to.equal(value);
  });

  it('gives 50 pods of one generateName, created at once, a session each', async () => {
    const label = uniqueName('many');
    const options = {
      annotations,
      labels: { many: label },
      containers: [container({ name: 'main', command: ['test', '-s', `/secrets/${secret}`] })],
    };
    const created = await kubectlOutput(
      ['create', '--namespace', namespace, '--filename', '-', '--output', 'name'],
      {
        input: manifest(...Array.from({ length: 50 }, () => pod({ ...options, generateName: `${label}-` }))),
      },
    );
    expect(created.trim().split('\n')).to.have.length(50);
    const all = await podsOf(`many=${label}`);
    const sids = new Set(all.map(({ metadata }) => metadata?.labels?.['twofold.dev/session']));
    expect(sids.size).to.equal(50);
    for (const each of all)
      expect((await cluster.ended(nameOf(each), { timeoutMs: 170_000 })).status?.phase).to.equal('Succeeded');
    await kubectlOutput([
      'delete',
      'pods',
      '--namespace',
      namespace,
      '--selector',
      `many=${label}`,
      '--wait=false',
    ]);
    for (const sid of sids) await cluster.noSessionObjects(sid);
  });

  it('starts a native sidecar after the files are written, and gives it none unless it is named', async () => {
    const name = uniqueName('sidecar');
    const sidecar = container({ name: 'proxy', restartPolicy: 'Always' });
    await create('pod', name, pod({ name, annotations, spec: { initContainers: [sidecar] } }));
    const { spec } = await cluster.ready(name);
    expect(spec?.initContainers?.map((each) => each.name)).to.deep.equal(['twofold-init', 'proxy']);
    expect(await read(name)).to.equal(value);
    const mounts = await cluster.exec(name, ['cat', '/proc/mounts'], { container: 'proxy' });
    expect(mounts).to.not.match(/ \/secrets /);
  });

  it('gives two users of a pod the files below a folder, by its fsGroup', async () => {
    const name = uniqueName('folder');
    const users = [1001, 1002].map((runAsUser) =>
      container({ name: `user-${runAsUser}`, securityContext: { ...restrictedContainer, runAsUser } }),
    );
    const below = { 'twofold.dev/secrets': `${secret}=a/b/token`, 'twofold.dev/containers': '*' };
    const spec = { securityContext: { fsGroup: 3000 } };
    await create(
      'pod',
      name,
      pod({ name, annotations: { ...annotations, ...below }, containers: users, spec }),
    );
    await cluster.ready(name);
    for (const { name: user } of users) {
      const seen = await cluster.exec(name, ['cat', '/secrets/a/b/token'], { container: user });
      expect(seen, user).to.equal(value);
    }
  });

  it('does not need the pod’s own token for the API server', async () => {
    const name = uniqueName('tokenless');
    await create('pod', name, pod({ name, annotations, spec: { automountServiceAccountToken: false } }));
    const { spec } = await cluster.ready(name);
    expect(
      spec?.containers.flatMap((each) => each.volumeMounts ?? []).map((mount) => mount.mountPath),
    ).to.deep.equal(['/secrets']);
    expect(await read(name)).to.equal(value);
  });

  it('admits a pod with its own user namespace; a runtime without support reports it, and the pod never starts', async () => {
    const name = uniqueName('userns');
    await create('pod', name, pod({ name, annotations, spec: { hostUsers: false } }));
    const outcome = await eventually(`pod ${name} runs, or cannot`, async () => {
      const events = await kubectlOutput(['events', '--namespace', namespace, '--for', `pod/${name}`]);
      if (/does not support user namespaces/.test(events)) return 'unsupported by the runtime';
      return (await cluster.readPod(name))?.status?.phase === 'Running' ? 'running' : undefined;
    });
    if (outcome === 'running') expect(await read(name)).to.equal(value);
    else expect((await cluster.readPod(name))?.status?.containerStatuses?.[0]?.started).to.equal(false);
  });
});
