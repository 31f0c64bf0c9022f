import type { V1Pod, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { createPerson, type Person } from '../../scripts/dev/person.ts';
import { createApi } from './api.ts';
import { connect, sidOf } from './cluster.ts';
import { forgedReview } from './forged-review.ts';
import { GATE, openGate } from './gate.ts';
import { kubectl, manifest, type Ran } from './kubectl.ts';
import { marker } from './marker.ts';
import { container, pod, uniqueName } from './pods.ts';
import { useOf } from './tickets.ts';

const NAMESPACE = 'e2e-attackers';
const CLAIM = 'https://console.twofold-console.svc:8445';
const at = { namespace: NAMESPACE };

/** What one Secret of a session holds, as bytes. */
const contentOf = ({ data = {} }: V1Secret): readonly Buffer[] =>
  Object.values(data).map((text) => Buffer.from(text, 'base64'));

/** The parts that Twofold's webhook added, with the pod's identity taken off: what an export of it would bring. */
const exported = ({ metadata, spec }: V1Pod, annotations: Readonly<Record<string, string>>) => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { name: uniqueName('thief'), labels: metadata?.labels, annotations },
  spec: { ...spec, nodeName: undefined, schedulingGates: undefined },
});

describe('attackers with the rights of a namespace’s editor', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const id = uniqueName('attack');
  const mallory = `mallory-${id}`;
  const secret = `${id}-password`;
  const value = `what mallory wants ${marker()}`;
  const { launcher } = cluster.endpoints;
  let alice: Person;
  let victim: V1Pod;
  let sid: string;
  let ticket: Awaited<ReturnType<Person['ticket']>>;
  let stolen: V1Secret;

  const as = (...args: readonly string[]): Promise<Ran> =>
    kubectl(['--namespace', NAMESPACE, ...args], { as: mallory });
  const create = (object: object, namespace = NAMESPACE): Promise<Ran> =>
    kubectl(['create', '--namespace', namespace, '--filename', '-'], {
      as: mallory,
      input: manifest(object),
    });
  /** Asserts a refusal, that it says where it was stopped, and that it repeats nothing. */
  const stopped = ({ code, stdout, stderr }: Ran, ...says: readonly (string | RegExp)[]): void => {
    expect(code, stdout).to.equal(1);
    for (const words of says) expect(stderr).to.match(words instanceof RegExp ? words : new RegExp(words));
    expect(stdout + stderr)
      .not.to.contain(value)
      .and.not.to.contain('eyJ');
  };
  const grant = (): string => Buffer.from(stolen.data?.['grant'] ?? '', 'base64').toString();
  const claim = async (bearer?: string): Promise<readonly [number, string]> => {
    const thief = createPerson({ url: CLAIM, ca: cluster.ca, ...(bearer === undefined ? {} : { bearer }) });
    const { status, body } = await thief.call('POST', '/internal/v1/claim', { grant: grant() });
    thief.close();
    expect(JSON.stringify(body)).not.to.contain('"key"');
    return [status, (body as { code: string }).code]; // a problem document
  };
  const boundTo = ({ metadata }: V1Pod): readonly string[] => [
    ...['--bound-object-kind', 'Pod', '--bound-object-name', metadata?.name ?? ''],
    ...['--bound-object-uid', metadata?.uid ?? ''],
  ];

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(secret, value);
    ticket = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], pod: id });
    for (const namespace of [NAMESPACE, launcher.namespace]) {
      await api.must({
        ...{
          method: 'POST',
          path: `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`,
        },
        body: {
          metadata: { name: id },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: mallory }],
        },
      });
    }
    await cluster.create(pod({ name: id, annotations: ticket.annotations }), NAMESPACE);
    victim = await cluster.ready(id, at);
    sid = sidOf(victim);
    const { code, stdout, stderr } = await as('get', 'secret', `twofold-${sid}`, '--output', 'json');
    expect(code, stderr).to.equal(0);
    stolen = JSON.parse(stdout) as V1Secret; // the API server's
  });
  after(async () => {
    await cluster.remove('pod', id, NAMESPACE);
    for (const namespace of [NAMESPACE, launcher.namespace])
      await cluster.remove('rolebinding', id, namespace);
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    alice.close();
  });

  describe('on the session’s Secret', () => {
    it('reading it gives one layer of each secret, still sealed, and no key', () => {
      const content = contentOf(stolen);
      expect(content.filter((bytes) => bytes.includes(value))).to.deep.equal([]);
      expect(content.filter((bytes) => bytes.toString().startsWith('gAAAA'))).to.have.length(1);
      // Beside it: the grant, and the roots of the console's certificate.
      expect(Object.keys(stolen.data ?? {}))
        .to.have.length(3)
        .and.to.include.members(['grant', 'ca.crt']);
    });

    it('a pod that mounts it: stopped by the guard', async () => {
      const volumes = [{ name: 'copied', secret: { secretName: `twofold-${sid}` } }];
      const name = uniqueName('thief');
      stopped(
        await create(pod({ name, spec: { volumes } })),
        "'twofold-shape'",
        /remove it, or ask with the annotation/,
      );
      const variable = {
        name: 'GRANT',
        valueFrom: { secretKeyRef: { name: `twofold-${sid}`, key: 'grant' } },
      };
      const containers = [container({ name: 'main', env: [variable] })];
      stopped(await create(pod({ name, containers })), "'twofold-shape'");
      expect(await cluster.readPod(name, NAMESPACE)).to.equal(undefined);
    });

    it('a pod that mounts a copy of it under another name: it runs, and reads what is sealed', async () => {
      const name = uniqueName('copy');
      const copy = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: stolen.data };
      expect((await create(copy)).code).to.equal(0);
      const containers = [
        container({ name: 'main', volumeMounts: [{ name: 'copied', mountPath: '/copied' }] }),
      ];
      const volumes = [{ name: 'copied', secret: { secretName: name } }];
      expect((await create(pod({ name, containers, spec: { volumes } }))).code).to.equal(0);
      await cluster.ready(name, at);
      const { stdout } = await as('exec', name, '--', 'sh', '-c', 'cat /copied/*');
      expect(stdout).to.contain(grant()).and.not.to.contain(value);
      for (const kind of ['pod', 'secret']) await cluster.remove(kind, name, NAMESPACE);
    });

    it('deleting it and making it again: stopped by the guard, and the pod that waits for it never starts', async () => {
      const name = uniqueName('robbed');
      const { annotations } = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], pod: name });
      await cluster.create(pod({ name, annotations, spec: GATE }), NAMESPACE);
      const robbed = await cluster.readPod(name, NAMESPACE);
      const object = `twofold-${robbed ? sidOf(robbed) : ''}`;
      const { stdout } = await as('get', 'secret', object, '--output', 'json');
      const taken = JSON.parse(stdout) as V1Secret; // the API server's
      stopped(
        await as('patch', 'secret', object, '--type=merge', '--patch', '{"data":{"grant":"bWluZQ=="}}'),
        /field is immutable/,
      );
      expect((await as('delete', 'secret', object)).code).to.equal(0);
      const again = { apiVersion: 'v1', kind: 'Secret', metadata: { name: object }, data: taken.data };
      for (const type of ['twofold.dev/session', 'Opaque']) {
        stopped(await create({ ...again, type }), "'twofold-writer'", /for Twofold's webhook alone/);
      }
      await openGate(NAMESPACE, name);
      const waiting = await cluster.podThat(
        'waits for its Secret',
        name,
        ({ status }) => status?.initContainerStatuses?.[0]?.state?.waiting?.reason === 'PodInitializing',
        at,
      );
      expect(waiting.status?.containerStatuses?.map(({ started }) => started)).to.deep.equal([false]);
      expect(waiting.status?.initContainerStatuses?.[0]?.started).to.equal(false);
      await cluster.remove('pod', name, NAMESPACE);
      await cluster.noSessionObjects(object.slice('twofold-'.length), NAMESPACE);
    });
  });

  describe('on its token', () => {
    it('minting one bound to the victim’s pod: stopped by the guard', async () => {
      for (const audiences of [[`twofold:${sid}`], ['vault', `twofold:${sid}`], ['twofold']]) {
        const wish = audiences.flatMap((audience) => ['--audience', audience]);
        const answer = await as('create', 'token', 'default', ...boundTo(victim), ...wish);
        stopped(answer, "'twofold-token'", /ask for another audience/);
        expect(answer.stdout).to.equal('');
      }
    });

    it('claiming with the stolen grant and a token of another audience, or with none: stopped by the console', async () => {
      const { code, stdout, stderr } = await as(
        'create',
        'token',
        'default',
        ...boundTo(victim),
        '--audience',
        'other',
      );
      expect(code, stderr).to.equal(0);
      expect(await claim(stdout.trim())).to.deep.equal([401, 'token_rejected']);
      const { stdout: ordinary } = await as('create', 'token', 'default', ...boundTo(victim));
      expect(await claim(ordinary.trim())).to.deep.equal([401, 'token_rejected']);
      expect(await claim()).to.deep.equal([401, 'token_rejected']);
    });

    it('claiming from another pod of the thief’s own: stopped by the console', async () => {
      const name = uniqueName('own');
      expect((await create(pod({ name }))).code).to.equal(0);
      const own = await cluster.ready(name, at);
      const { stdout } = await as('create', 'token', 'default', ...boundTo(own));
      expect(await claim(stdout.trim())).to.deep.equal([401, 'token_rejected']);
      await cluster.remove('pod', name, NAMESPACE);
    });

    it('a pod with a token for the session, or for any audience like it: stopped by the guard', async () => {
      for (const audience of [`twofold:${sid}`, `twofold:${'f'.repeat(32)}`, 'twofold']) {
        const sources = [{ serviceAccountToken: { audience, expirationSeconds: 600, path: 'token' } }];
        const wish = pod({ spec: { volumes: [{ name: 'token', projected: { sources } }] } });
        stopped(await create(wish), "'twofold-shape'", /reserved for Twofold/);
      }
    });

    it('is seen by its owner: each refused claim stands in alice’s audit', async () => {
      const { items } = await alice.must<{ items: { action: string; outcome: string; sid?: string }[] }>(
        'GET',
        '/api/v1/audit?limit=100',
      );
      const refused = items.filter(
        (each) => each.action === 'claim' && each.sid === sid && each.outcome !== 'done',
      );
      expect(refused.length).to.equal(4);
    });
  });

  describe('on the pod’s shape', () => {
    it('a forged label: stopped by the guard, at creation and afterwards', async () => {
      const labels = { 'twofold.dev/session': sid };
      stopped(await create(pod({ labels })), "'twofold-shape'", /reserved for Twofold/);
      const name = uniqueName('plain');
      expect((await create(pod({ name }))).code).to.equal(0);
      stopped(
        await as('label', 'pod', name, `twofold.dev/session=${sid}`),
        "'twofold-update'",
        /create a new pod/,
      );
      stopped(await as('annotate', 'pod', name, `twofold.dev/secrets=${secret}`), "'twofold-update'");
      await cluster.remove('pod', name, NAMESPACE);
    });

    it('the victim’s pod, exported and created again: stopped by the webhook, and without annotations by the guard', async () => {
      const annotations = victim.metadata?.annotations ?? {};
      stopped(await create(exported(victim, annotations)), 'pods\\.twofold\\.dev', /\(reserved_names\)/);
      stopped(await create(exported(victim, {})), "'twofold-shape'");
    });

    it('the victim’s ticket on a pod of the thief’s: stopped by the console, for it names another pod', async () => {
      const wish = pod({ name: uniqueName('thief'), annotations: ticket.annotations });
      stopped(await create(wish), /\(ticket_other_pod\)/);
    });
  });

  describe('on the webhook’s Service', () => {
    const ask = (wish: Parameters<typeof forgedReview>[1]) => forgedReview(cluster.ca, wish);
    /** Neither with its annotations nor without does the API server take what the forged review gave. */
    const isUseless = async (admitted: V1Pod, namespace: string): Promise<void> => {
      const annotations = admitted.metadata?.annotations ?? {};
      stopped(
        await create(exported(admitted, annotations), namespace),
        'pods\\.twofold\\.dev',
        /\(reserved_names\)/,
      );
      stopped(await create(exported(admitted, {}), namespace), "'twofold-shape'");
      const pods = await cluster.core.listNamespacedPod({
        ...{ namespace, labelSelector: `twofold.dev/session=${sidOf(admitted)}` },
      });
      expect(pods.items).to.deep.equal([]);
      await cluster.noSessionObjects(sidOf(admitted), namespace);
    };

    it('a forged review with the victim’s ticket, for another pod: refused by the console', async () => {
      const wish = pod({ name: 'thief', annotations: ticket.annotations });
      const { allowed, message } = await ask({ pod: wish, namespace: NAMESPACE, username: mallory });
      expect([allowed, message]).to.deep.equal([false, message]);
      expect(message).to.contain('(ticket_other_pod)');
    });

    it('a forged review in the victim’s name opens a session that no pod can claim', async () => {
      const used = (await useOf(alice, ticket.jti))?.used;
      const wish = pod({ name: id, annotations: ticket.annotations });
      const { allowed, admitted } = await ask({ pod: wish, namespace: NAMESPACE, username: mallory });
      expect(allowed).to.equal(true);
      expect(sidOf(admitted))
        .to.match(/^[0-9a-f]{32}$/)
        .and.not.equal(sid);
      const { stdout } = await as('get', 'secret', `twofold-${sidOf(admitted)}`, '--output', 'json');
      expect(contentOf(JSON.parse(stdout) as V1Secret).some((bytes) => bytes.includes(value))).to.equal(
        false,
      );
      await isUseless(admitted, NAMESPACE);
      expect((await useOf(alice, ticket.jti))?.used).to.equal(used);
    });

    it('a forged review in the launcher’s name opens a session that no pod can claim', async () => {
      const { username, namespace, annotation } = launcher;
      const annotations = { 'twofold.dev/secrets': secret, [annotation]: 'alice' };
      const { allowed, admitted, message } = await ask({ pod: pod({ annotations }), namespace, username });
      expect(allowed, message).to.equal(true);
      await isUseless(admitted, namespace);
    });

    it('the launcher’s annotation on a pod of the thief’s: stopped, for only the launcher may speak for alice', async () => {
      const annotations = { 'twofold.dev/secrets': secret, [launcher.annotation]: 'alice' };
      stopped(await create(pod({ annotations }), launcher.namespace), /\(no_identity\)/);
    });
  });

  it('nothing was read: the session has one claim, by its own pod, which still has its secret', async () => {
    expect(await cluster.exec(id, ['cat', `/secrets/${secret}`], at)).to.equal(value);
    const use = await useOf(alice, ticket.jti);
    const claimed = use?.sessions.filter(({ claims }) => claims > 0);
    expect(claimed).to.have.length(1);
    expect(claimed?.[0]).to.include({ sid, claims: 1 });
  });
});
