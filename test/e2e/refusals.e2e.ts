import { expect } from 'chai';
import { setTimeout as wait } from 'node:timers/promises';
import type { Person } from '../../scripts/dev/person.ts';
import { connect, eventOf, sidOf } from './cluster/connection.ts';
import { kubectlOutput } from './cluster/kubectl.ts';
import { marker } from './sessions/marker.ts';
import { pod, template, uniqueName } from './sessions/pods.ts';
import { refusedPods, type Annotations, type Refused } from './sessions/refused-pods.ts';

const NAMESPACE = 'e2e-refusals';
const at = { namespace: NAMESPACE };
/** The shortest lifetime of a ticket, and the leeway for clock skew. */
const EXPIRED_AFTER_MS = 121_000;

/** Nothing else creates sessions in this namespace, so that any Lease or Secret there would belong to these pods. */
describe('refusals, as a user sees them', () => {
  const cluster = connect();
  const id = uniqueName('refused');
  const secret = `${id}-password`;
  const value = `never to be read ${marker()}`;
  const started = Date.now();
  const tickets: Record<string, Awaited<ReturnType<Person['ticket']>>> = {};
  let alice: Person;
  let bob: Person;

  const annotationsOf = (ticket: string, more: Annotations = {}): Annotations => ({
    ...tickets[ticket]?.annotations,
    ...more,
  });

  before(async () => {
    alice = cluster.person('alice');
    bob = cluster.person('bob');
    const gone = `${id}-gone`;
    await Promise.all([
      ...[secret, gone].map((name) => alice.store(name, value)),
      ...[secret, `${id}-own`].map((name) => bob.store(name, `of bob ${marker()}`)),
    ]);
    const ask = async (
      key: string,
      person: Person,
      options: Partial<Parameters<Person['ticket']>[0]> = {},
    ) => {
      tickets[key] = await person.ticket({ namespace: NAMESPACE, secrets: [secret], ...options });
    };
    await ask('expires', alice, { ttlSeconds: 60 });
    await ask('good', alice);
    await ask('revoked', alice);
    await ask('unknown', alice, { secrets: [gone] });
    await ask('narrow', alice, { pod: 'another-pod' });
    await ask('elsewhere', alice, { namespace: cluster.sessions });
    await ask('bob', bob);
    await ask('bob-own', bob, { secrets: [`${id}-own`] });
    await alice.must('DELETE', `/api/v1/tickets/${tickets['revoked']?.jti ?? ''}`);
    await alice.must('DELETE', `/api/v1/secrets/${gone}`);
    // A name that alice has, and bob no longer.
    await bob.must('DELETE', `/api/v1/secrets/${secret}`);
  });
  after(async () => {
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    await bob.call('DELETE', `/api/v1/secrets/${id}-own`);
    alice.close();
    bob.close();
  });

  /** What `kubectl create` prints. Nothing may be left, and no ticket quoted. */
  const refusal = async (options: Omit<Refused, 'says'>): Promise<string> => {
    const name = uniqueName('refused');
    const { code, stdout, stderr } = await cluster.tryCreate(pod({ name, ...options }), at);
    expect([code, stdout], stderr).to.deep.equal([1, '']);
    expect(stderr).to.contain('admission webhook "pods.twofold.dev" denied the request: ');
    expect(stderr).not.to.contain('eyJ').and.not.to.contain(value);
    expect(await cluster.readPod(name, NAMESPACE)).to.equal(undefined);
    expect(await cluster.sessionObjects(NAMESPACE)).to.deep.equal([]);
    return stderr;
  };

  describe('immediately, from kubectl', () => {
    for (const [what, refused] of Object.entries(refusedPods({ secret, annotationsOf }))) {
      it(`${what}: refused, named, with the next step, and nothing is left`, async () => {
        const { says, ...options } = refused();
        const said = await refusal(options);
        for (const words of says) expect(said).to.match(words);
      });
    }

    it('a namespace that is not enabled: refused, with whom to ask', async () => {
      const { code, stderr } = await cluster.tryCreate(pod({ annotations: annotationsOf('good') }), {
        namespace: 'default',
      });
      expect(code).to.equal(1);
      expect(stderr).to.match(/not enabled in namespace .*default.*ask the cluster’s operator/);
      expect(await cluster.sessionObjects('default')).to.deep.equal([]);
    });

    it('the same pod without annotations is not Twofold’s business: created', async () => {
      const name = uniqueName('plain');
      await cluster.create(pod({ name }), NAMESPACE);
      const made = await cluster.readPod(name, NAMESPACE);
      await cluster.remove('pod', name, NAMESPACE);
      expect(made?.spec?.initContainers).to.equal(undefined);
      expect(made && sidOf(made)).to.equal('');
    });
  });

  describe('through a controller, in its events', () => {
    const labels = { app: id };
    const revoked = () => template({ annotations: annotationsOf('revoked') }, labels);

    it('a ReplicaSet shows what is wrong, and what to do', async () => {
      const body = {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: id },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: revoked() },
      };
      await cluster.create(body, NAMESPACE);
      const said = await eventOf(cluster, { kind: 'ReplicaSet', name: id, ...at });
      expect(said)
        .to.match(/has been revoked; get a new one: twofold annotate FILE .*\(ticket_revoked\)/)
        .and.not.to.contain('eyJ');
      const described = await kubectlOutput(['describe', 'replicaset', id, '--namespace', NAMESPACE]);
      expect(described).to.match(/FailedCreate .*pods\.twofold\.dev.*\(ticket_revoked\)/);
      await cluster.remove('replicaset', id, NAMESPACE);
    });

    it('a Job shows what is wrong, and what to do', async () => {
      const { metadata, spec } = revoked();
      const body = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: id },
        spec: { template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } },
      };
      await cluster.create(body, NAMESPACE);
      const said = await eventOf(cluster, { kind: 'Job', name: id, ...at });
      expect(said)
        .to.match(/has been revoked; get a new one: twofold annotate FILE .*\(ticket_revoked\)/)
        .and.not.to.contain('eyJ');
      await cluster.remove('job', id, NAMESPACE);
    });

    it('neither leaves a pod, a Lease or a Secret', async () => {
      expect(await cluster.sessionObjects(NAMESPACE)).to.deep.equal([]);
      const { items } = await cluster.core.listNamespacedPod({ ...at, labelSelector: `app=${id}` });
      expect(items).to.deep.equal([]);
    });
  });

  describe('after a while', () => {
    it('an expired ticket: refused, named, with the next step, and nothing is left', async () => {
      await wait(Math.max(0, EXPIRED_AFTER_MS - (Date.now() - started)));
      const said = await refusal({ annotations: annotationsOf('expires') });
      expect(said).to.match(
        /twofold\.dev\/ticket: The ticket’s exp has passed; get a new ticket: twofold annotate FILE .*\(ticket_expired\)/,
      );
    });
  });
});
