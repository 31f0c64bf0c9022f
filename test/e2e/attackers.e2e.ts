import type { V1Pod, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { createPerson, type Person } from '../../scripts/dev/person.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { contentOf, createAttacker, expectStopped, exported, type Attacker } from './attackers/attacker.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { container, GATE, openGate, pod, uniqueName } from './sessions/pods.ts';
import { marker } from './sessions/marker.ts';
import { useOf } from './sessions/tickets.ts';

const NAMESPACE = 'e2e-attackers';
const CLAIM = 'https://console.twofold-console.svc:8445';
const at = { namespace: NAMESPACE };

describe('attackers with the rights of a namespace’s editor', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const id = uniqueName('attack');
  const secret = `${id}-password`;
  const value = `what mallory wants ${marker()}`;
  let alice: Person;
  let mallory: Attacker;
  let victim: V1Pod;
  let sid: string;
  let ticket: Awaited<ReturnType<Person['ticket']>>;
  let stolen: V1Secret;

  const grant = (): string => Buffer.from(stolen.data?.['grant'] ?? '', 'base64').toString();
  const claim = async (bearer?: string): Promise<readonly [number, string]> => {
    const thief = createPerson({ url: CLAIM, ca: cluster.ca, ...(bearer === undefined ? {} : { bearer }) });
    const { status, body } = await thief.call('POST', '/internal/v1/claim', { grant: grant() });
    thief.close();
    expect(JSON.stringify(body)).not.to.contain('"key"');
    return [status, (body as { code: string }).code]; // a problem document
  };
  const boundTo = ({ metadata }: V1Pod): readonly string[] => [
    '--bound-object-kind',
    'Pod',
    '--bound-object-name',
    metadata?.name ?? '',
    '--bound-object-uid',
    metadata?.uid ?? '',
  ];

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(secret, value);
    ticket = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], pod: id });
    mallory = await createAttacker(cluster, api, [NAMESPACE]);
    await cluster.create(pod({ name: id, annotations: ticket.annotations }), NAMESPACE);
    victim = await cluster.ready(id, at);
    sid = sidOf(victim);
    stolen = await mallory.readSecret(`twofold-${sid}`);
  });
  after(async () => {
    await cluster.remove('pod', id, NAMESPACE);
    await mallory.end();
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    alice.close();
  });

  describe('on the session’s Secret', () => {
    it('reading it gives one layer of each secret, still sealed, and no key', () => {
      const content = contentOf(stolen);
      expect(content.filter((bytes) => bytes.includes(value))).to.deep.equal([]);
      expect(content.filter((bytes) => bytes.toString().startsWith('gAAAA'))).to.have.length(1);
      // Besides: the grant, and the roots of the console's certificate.
      expect(Object.keys(stolen.data ?? {}))
        .to.have.length(3)
        .and.to.include.members(['grant', 'ca.crt']);
    });

    it('a pod that mounts it: stopped by the guard', async () => {
      const volumes = [{ name: 'copied', secret: { secretName: `twofold-${sid}` } }];
      const name = uniqueName('thief');
      expectStopped(
        await mallory.create(pod({ name, spec: { volumes } })),
        'twofold-reference',
        /remove that volume/,
      );
      const variable = {
        name: 'GRANT',
        valueFrom: { secretKeyRef: { name: `twofold-${sid}`, key: 'grant' } },
      };
      const containers = [container({ name: 'main', env: [variable] })];
      expectStopped(
        await mallory.create(pod({ name, containers })),
        'twofold-reference',
        /remove that variable/,
      );
      expect(await cluster.readPod(name, NAMESPACE)).to.equal(undefined);
    });

    it('a pod that mounts a copy of it under another name: it runs, and reads what is sealed', async () => {
      const name = uniqueName('copy');
      const copy = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: stolen.data };
      expect((await mallory.create(copy)).code).to.equal(0);
      const containers = [
        container({ name: 'main', volumeMounts: [{ name: 'copied', mountPath: '/copied' }] }),
      ];
      const volumes = [{ name: 'copied', secret: { secretName: name } }];
      expect((await mallory.create(pod({ name, containers, spec: { volumes } }))).code).to.equal(0);
      await cluster.ready(name, at);
      const { stdout } = await mallory.run('exec', name, '--', 'sh', '-c', 'cat /copied/*');
      expect(stdout).to.contain(grant()).and.not.to.contain(value);
      for (const kind of ['pod', 'secret']) await cluster.remove(kind, name, NAMESPACE);
    });

    it('deleting it and creating it again: stopped by the guard, and the pod that waits for it never starts', async () => {
      const name = uniqueName('robbed');
      const { annotations } = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], pod: name });
      await cluster.create(pod({ name, annotations, spec: GATE }), NAMESPACE);
      const robbed = await cluster.readPod(name, NAMESPACE);
      const object = `twofold-${robbed ? sidOf(robbed) : ''}`;
      const taken = await mallory.readSecret(object);
      expectStopped(
        await mallory.run(
          'patch',
          'secret',
          object,
          '--type=merge',
          '--patch',
          '{"data":{"grant":"bWluZQ=="}}',
        ),
        'field is immutable',
      );
      expect((await mallory.run('delete', 'secret', object)).code).to.equal(0);
      const again = { apiVersion: 'v1', kind: 'Secret', metadata: { name: object }, data: taken.data };
      for (const type of ['twofold.dev/session', 'Opaque']) {
        expectStopped(
          await mallory.create({ ...again, type }),
          'twofold-writer',
          /reserved for Twofold's webhook/,
        );
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
        const options = audiences.flatMap((audience) => ['--audience', audience]);
        const answer = await mallory.run('create', 'token', 'default', ...boundTo(victim), ...options);
        expectStopped(answer, 'twofold-token', /request another audience/);
        expect(answer.stdout).to.equal('');
      }
    });

    it('claiming with the stolen grant and a token of another audience, or with none: stopped by the console', async () => {
      const { code, stdout, stderr } = await mallory.run(
        'create',
        'token',
        'default',
        ...boundTo(victim),
        '--audience',
        'other',
      );
      expect(code, stderr).to.equal(0);
      expect(await claim(stdout.trim())).to.deep.equal([401, 'token_rejected']);
      const { stdout: ordinary } = await mallory.run('create', 'token', 'default', ...boundTo(victim));
      expect(await claim(ordinary.trim())).to.deep.equal([401, 'token_rejected']);
      expect(await claim()).to.deep.equal([401, 'token_rejected']);
    });

    it('claiming from a pod of the thief’s own: stopped by the console', async () => {
      const name = uniqueName('own');
      expect((await mallory.create(pod({ name }))).code).to.equal(0);
      const own = await cluster.ready(name, at);
      const { stdout } = await mallory.run('create', 'token', 'default', ...boundTo(own));
      expect(await claim(stdout.trim())).to.deep.equal([401, 'token_rejected']);
      await cluster.remove('pod', name, NAMESPACE);
    });

    it('a pod with a token for the session, or for any audience like it: stopped by the guard', async () => {
      for (const audience of [`twofold:${sid}`, `twofold:${'f'.repeat(32)}`, 'twofold']) {
        const sources = [{ serviceAccountToken: { audience, expirationSeconds: 600, path: 'token' } }];
        const options = pod({ spec: { volumes: [{ name: 'token', projected: { sources } }] } });
        expectStopped(await mallory.create(options), 'twofold-shape', /reserved for Twofold/);
      }
    });

    it('is seen by its owner: each refused claim with a token is in alice’s audit', async () => {
      const { items } = await alice.must<{ items: { action: string; outcome: string; sid?: string }[] }>(
        'GET',
        '/api/v1/audit?limit=100',
      );
      const refused = items.filter(
        (each) => each.action === 'claim' && each.sid === sid && each.outcome !== 'done',
      );
      expect(refused.length).to.equal(3);
    });
  });

  describe('on the pod’s shape', () => {
    it('a forged label: stopped by the guard, at creation and afterwards', async () => {
      const labels = { 'twofold.dev/session': sid };
      expectStopped(await mallory.create(pod({ labels })), 'twofold-shape', /reserved for Twofold/);
      const name = uniqueName('plain');
      expect((await mallory.create(pod({ name }))).code).to.equal(0);
      expectStopped(
        await mallory.run('label', 'pod', name, `twofold.dev/session=${sid}`),
        'twofold-update',
        /create a new pod/,
      );
      expectStopped(
        await mallory.run('annotate', 'pod', name, `twofold.dev/secrets=${secret}`),
        'twofold-update',
      );
      await cluster.remove('pod', name, NAMESPACE);
    });

    it('the victim’s pod, exported and created again: stopped by the webhook, and without annotations by the guard', async () => {
      expectStopped(await mallory.create(exported(victim)), 'pods.twofold.dev', /\(reserved_names\)/);
      expectStopped(await mallory.create(exported(victim, {})), 'twofold-shape');
    });

    it('the victim’s ticket on a pod of the thief’s: stopped by the console, since it names another pod', async () => {
      const options = pod({ name: uniqueName('thief'), annotations: ticket.annotations });
      expectStopped(await mallory.create(options), '(ticket_other_pod)');
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
