import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { kubectl, kubectlOutput } from './cluster/kubectl.ts';
import { marker } from './sessions/marker.ts';
import { startMutatingWebhook, type MutatingWebhook, type Operation } from './cluster/mutating-webhook.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';
import type { Annotations } from './sessions/refused-pods.ts';
import { useOf } from './sessions/tickets.ts';

const NAMESPACE = 'e2e-webhooks';
const ZEROS = '0'.repeat(32);

/** What other vendors' injectors add: a container, an init container, and a volume between them. */
function additions(prefix: string, initAt: 'first' | 'last', pod: V1Pod): readonly Operation[] {
  const mounts = { volumeMounts: [{ name: prefix, mountPath: '/shared' }] };
  const look = ['sh', '-c', 'ls -A /secrets /twofold 2>&1; true'];
  const init = container({ name: `${prefix}-init`, command: look, ...mounts });
  const none = pod.spec?.initContainers === undefined;
  return [
    { op: 'add', path: '/spec/volumes/-', value: { name: prefix, emptyDir: {} } },
    { op: 'add', path: '/spec/containers/-', value: container({ name: `${prefix}-sidecar`, ...mounts }) },
    none
      ? { op: 'add', path: '/spec/initContainers', value: [init] }
      : { op: 'add', path: `/spec/initContainers/${initAt === 'first' ? '0' : '-'}`, value: init },
  ];
}

function volumesOf({ volumeMounts = [] }: V1Container): readonly string[] {
  return volumeMounts.map(({ name }) => name).filter((name) => name.startsWith('twofold-'));
}

function allContainers({ spec }: V1Pod): readonly V1Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

describe('other mutating webhooks, before and after Twofold’s', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const id = uniqueName('others');
  const label = `${id}.example.org/kind`;
  const secret = `${id}-password`;
  const value = `between webhooks ${marker()}`;
  const webhooks: MutatingWebhook[] = [];
  let alice: Person;
  let ticket: { jti: string; annotations: Readonly<Record<string, string>> };

  const options = (
    name: string,
    kind: string,
    naming: Annotations = { 'twofold.dev/containers': 'main' },
  ) => {
    const volumes = [{ name: 'own', emptyDir: {} }];
    return pod({
      name,
      labels: { [label]: kind },
      annotations: { ...ticket.annotations, ...naming },
      spec: { volumes, automountServiceAccountToken: false },
    });
  };
  const dryRun = (object: object) =>
    kubectl(['create', '--namespace', NAMESPACE, '--dry-run=server', '--output', 'json', '--filename', '-'], {
      input: JSON.stringify(object),
    });
  /** Records of the keyservice that mention this ticket: each call leaves two. */
  const unwraps = async (): Promise<number> => {
    const logs = await kubectlOutput([
      'logs',
      '--namespace',
      'twofold-keyservice',
      '--selector',
      'app.kubernetes.io/name=keyservice',
      '--tail=-1',
      '--prefix',
    ]);
    return logs.split('\n').filter((line) => line.includes(ticket.jti)).length;
  };

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(secret, value);
    ticket = await alice.ticket({ namespace: NAMESPACE, secrets: [secret] });
    const start = (name: string, mutate: (pod: V1Pod) => readonly Operation[], again = false) =>
      startMutatingWebhook(api, { name, label, namespace: NAMESPACE, mutate, again });
    const kindOf = ({ metadata }: V1Pod): string | undefined => metadata?.labels?.[label];
    const isIdentity = (seen: V1Pod): boolean => ['identity', 'heedless'].includes(kindOf(seen) ?? '');
    webhooks.push(
      await start(
        `aa0-${id}`,
        (seen) => (isIdentity(seen) ? identify(seen, kindOf(seen) === 'identity') : []),
        true,
      ),
      await start(`aaa-${id}`, (seen) => (isIdentity(seen) ? [] : additions('early', 'first', seen))),
      await start(`zzz-${id}`, (seen) => {
        const kind = kindOf(seen);
        if (kind === 'meddles') return meddle(seen);
        return additions('late', kind === 'late-first' ? 'first' : 'last', seen);
      }),
    );
  });
  after(async () => {
    for (const webhook of webhooks) await webhook.close();
    await cluster.remove('pod', id, NAMESPACE);
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    alice.close();
  });

  it('a dry run is answered like a real request, with zeros, and leaves nothing anywhere', async () => {
    const objectsBefore = await cluster.sessionObjects(NAMESPACE);
    const { code, stdout, stderr } = await dryRun(options(id, 'ordinary'));
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('dry run, so nothing was created');
    const answered = JSON.parse(stdout) as V1Pod; // the API server's
    expect(sidOf(answered)).to.equal(ZEROS);
    expect(await unwraps(), 'calls of the keyservice').to.equal(0);
    expect(await cluster.sessionObjects(NAMESPACE)).to.deep.equal(objectsBefore);
    expect(await cluster.readPod(id, NAMESPACE)).to.equal(undefined);
    expect(await useOf(alice, ticket.jti)).to.deep.include({ used: 0, sessions: [] });

    await cluster.create(options(id, 'ordinary'), NAMESPACE);
    const real = await cluster.readPod(id, NAMESPACE);
    const sid = real ? sidOf(real) : '';
    expect(sid)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(ZEROS);
    const zeroed = JSON.parse(
      JSON.stringify(real?.spec)
        .replaceAll(sid, ZEROS)
        .replaceAll(/(_SHA256","value":")[0-9a-f]{64}/g, `$1${ZEROS}${ZEROS}`),
    ) as V1Pod['spec']; // as it was
    expect({ ...answered.spec, nodeName: 'any' }).to.deep.equal({ ...zeroed, nodeName: 'any' });
    expect(await unwraps(), 'records of the keyservice').to.equal(2);
  });

  it('make a pod ambiguous that had one container and does not name it: refused, and all are named', async () => {
    const { code, stderr } = await dryRun(options(uniqueName('unnamed'), 'ordinary', {}));
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /twofold\.dev\/containers: the pod has several containers \(main, early-sidecar\), .*\(container_ambiguous\)/,
    );
  });

  it('end in one injection, whose init container is the first', async () => {
    const admitted = await cluster.ready(id, { namespace: NAMESPACE });
    const names = (admitted.spec?.initContainers ?? []).map(({ name }) => name);
    expect(names).to.deep.equal(['twofold-init', 'early-init', 'late-init']);
    const ours = (admitted.spec?.volumes ?? []).filter(({ name }) => name.startsWith('twofold-'));
    expect(ours.map(({ name }) => name)).to.deep.equal(['twofold-session', 'twofold-token', 'twofold-files']);
    expect((await cluster.sessionObjects(NAMESPACE, sidOf(admitted))).length).to.equal(2);
  });

  it('mount no secret in what they added: only the chosen container has it', async () => {
    const admitted = await cluster.ready(id, { namespace: NAMESPACE });
    const mounting = allContainers(admitted).filter((each) => volumesOf(each).length > 0);
    expect(mounting.map(({ name }) => name)).to.deep.equal(['twofold-init', 'main']);
    const inMain = await cluster.exec(id, ['cat', `/secrets/${secret}`], {
      namespace: NAMESPACE,
      container: 'main',
    });
    expect(inMain).to.equal(value);
    for (const name of ['early-sidecar', 'late-sidecar']) {
      const script = 'ls -A /secrets /twofold 2>&1; grep -c -e secrets -e twofold /proc/mounts; true';
      const seen = await cluster.exec(id, ['sh', '-c', script], { namespace: NAMESPACE, container: name });
      expect(seen, name).to.match(/No such file[^\n]*\n[^\n]*No such file[^\n]*\n0\n$/);
    }
    for (const name of ['early-init', 'late-init']) {
      const logs = await kubectlOutput(['logs', id, '--namespace', NAMESPACE, '--container', name]);
      expect(logs, name).to.match(/No such file[^\n]*\n[^\n]*No such file/);
    }
  });

  it('cause a warning where a later one puts its init container before Twofold’s', async () => {
    const { code, stdout, stderr } = await dryRun(options(uniqueName('late-first'), 'late-first'));
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('twofold-order').and.to.contain('late-init runs before it');
    expect((JSON.parse(stdout) as V1Pod).spec?.initContainers?.[0]?.name).to.equal('late-init');
  });

  it('are refused by the guard where a later one changes Twofold’s init container', async () => {
    const objectsBefore = await cluster.sessionObjects(NAMESPACE);
    const { code, stdout, stderr } = await dryRun(options(uniqueName('meddled'), 'meddles'));
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.contain('twofold-shape').and.to.contain('environment of twofold-init');
    expect(stderr).to.contain('added HTTPS_PROXY (a policy that sets a proxy?');
    expect(await cluster.sessionObjects(NAMESPACE)).to.deep.equal(objectsBefore);
  });

  it('pass over Twofold’s init container where they are identity webhooks that are called again', async () => {
    const { code, stdout, stderr } = await dryRun(options(uniqueName('identity'), 'identity'));
    expect(code, stderr).to.equal(0);
    const admitted = JSON.parse(stdout) as V1Pod; // the API server's
    const identified = allContainers(admitted).filter(({ env = [] }) =>
      env.some(({ name }) => name === IDENTITY),
    );
    expect(identified.map(({ name }) => name)).to.deep.equal(['late-init', 'main', 'late-sidecar']);
  });

  it('are refused, with their annotation, where such a webhook does not heed it', async () => {
    const { code, stderr } = await dryRun(options(uniqueName('heedless'), 'heedless'));
    expect(code).to.equal(1);
    expect(stderr).to.contain(`added ${IDENTITY} (Azure workload identity?`).and.to.contain(SKIP);
  });
});

const IDENTITY = 'AZURE_CLIENT_ID';
const SKIP = 'azure.workload.identity/skip-containers';

/** As Azure workload identity does, at each call. */
function identify({ metadata, spec }: V1Pod, heeds: boolean): readonly Operation[] {
  const skipped = heeds ? (metadata?.annotations?.[SKIP] ?? '').split(';') : [];
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec?.[list] ?? []).flatMap(({ name, env }, at) => {
      const variable = { name: IDENTITY, value: 'x' };
      if (skipped.includes(name) || env?.some((each) => each.name === IDENTITY)) return [];
      const path = `/spec/${list}/${at}/env`;
      return [
        env ? { op: 'add', path: `${path}/-`, value: variable } : { op: 'add', path, value: [variable] },
      ];
    }),
  );
}

/** Like a proxy's injector that sets its variables everywhere. */
function meddle({ spec }: V1Pod): readonly Operation[] {
  const at = spec?.initContainers?.findIndex(({ name }) => name === 'twofold-init') ?? -1;
  return at < 0
    ? []
    : [
        {
          op: 'add',
          path: `/spec/initContainers/${at}/env/-`,
          value: { name: 'HTTPS_PROXY', value: 'http://x' },
        },
      ];
}
