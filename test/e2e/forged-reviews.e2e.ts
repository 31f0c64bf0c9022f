import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { contentOf, createAttacker, expectStopped, exported, type Attacker } from './attackers/attacker.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { forgedReview, type Forgery } from './attackers/forged-review.ts';
import { marker } from './sessions/marker.ts';
import { pod, uniqueName } from './sessions/pods.ts';
import { useOf } from './sessions/tickets.ts';

const NAMESPACE = 'e2e-attackers';

/** Network policies let only the API server reach it; where they are not enforced, this is what remains. */
describe('reviews that an editor of the namespace posts straight to the webhook’s Service', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const id = uniqueName('forged');
  const secret = `${id}-password`;
  const value = `what a review should give ${marker()}`;
  const { launcher } = cluster.endpoints;
  let alice: Person;
  let mallory: Attacker;
  let victim: V1Pod;
  let ticket: Awaited<ReturnType<Person['ticket']>>;

  const post = (forgery: Forgery) => forgedReview(cluster.ca, forgery);
  /** The API server accepts what the review returned neither with its annotations nor without; then it is deleted. */
  const isUseless = async (admitted: V1Pod, namespace: string): Promise<void> => {
    const [lease, name] = await cluster.sessionObjects(namespace, sidOf(admitted));
    expect([lease, name]).to.deep.equal([
      `lease/twofold-${sidOf(admitted)}`,
      `secret/twofold-${sidOf(admitted)}`,
    ]);
    expectStopped(
      await mallory.create(exported(admitted), namespace),
      'pods.twofold.dev',
      /\(reserved_names\)/,
    );
    expectStopped(await mallory.create(exported(admitted, {}), namespace), 'twofold-shape');
    const { items } = await cluster.core.listNamespacedPod({
      namespace,
      labelSelector: `twofold.dev/session=${sidOf(admitted)}`,
    });
    expect(items).to.deep.equal([]);
    await cluster.noSessionObjects(sidOf(admitted), namespace);
  };

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(secret, value);
    ticket = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], pod: id });
    mallory = await createAttacker(cluster, api, [NAMESPACE, launcher.namespace]);
    await cluster.create(pod({ name: id, annotations: ticket.annotations }), NAMESPACE);
    victim = await cluster.ready(id, { namespace: NAMESPACE });
  });
  after(async () => {
    await cluster.remove('pod', id, NAMESPACE);
    await mallory.end();
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    alice.close();
  });

  it('with the victim’s ticket, for another pod: stopped by the console', async () => {
    const options = pod({ name: 'thief', annotations: ticket.annotations });
    const { allowed, message } = await post({
      pod: options,
      namespace: NAMESPACE,
      username: mallory.username,
    });
    expect(allowed).to.equal(false);
    expect(message).to.contain('(ticket_other_pod)').and.not.to.contain('eyJ');
  });

  it('with the victim’s ticket, in its name: a session that no pod can claim, and one layer to read', async () => {
    const options = pod({ name: id, annotations: ticket.annotations });
    const { allowed, admitted, message } = await post({
      pod: options,
      namespace: NAMESPACE,
      username: mallory.username,
    });
    expect(allowed, message).to.equal(true);
    expect(sidOf(admitted)).to.match(/^[0-9a-f]{32}$/);
    expect(sidOf(admitted)).not.to.equal(sidOf(victim));
    const content = contentOf(await mallory.readSecret(`twofold-${sidOf(admitted)}`));
    expect(content.filter((bytes) => bytes.includes(value))).to.deep.equal([]);
    await isUseless(admitted, NAMESPACE);
  });

  it('in the launcher’s name, for alice: a session that no pod can claim', async () => {
    const { username, namespace, annotation } = launcher;
    const annotations = { 'twofold.dev/secrets': secret, [annotation]: 'alice' };
    const forgery = { pod: pod({ annotations }), namespace, username };
    expect((await post(forgery)).message, 'without a pod').to.contain('(launcher_not_pod_bound)');
    const { allowed, admitted, message } = await post({ ...forgery, boundPodUid: 'of-the-hub' });
    expect(allowed, message).to.equal(true);
    await isUseless(admitted, namespace);
  });

  it('in the launcher’s name, for a user who never logged in, or in another namespace: stopped', async () => {
    const { username, namespace, annotation } = launcher;
    const annotations = { 'twofold.dev/secrets': secret, [annotation]: uniqueName('nobody') };
    const boundPodUid = 'of-the-hub';
    const unknown = await post({ pod: pod({ annotations }), namespace, username, boundPodUid });
    expect([unknown.allowed, /\(\w+\)$/.exec(unknown.message)?.[0]]).to.deep.equal([
      false,
      '(launcher_user_unknown)',
    ]);
    const elsewhere = await post({
      pod: pod({ annotations: { ...annotations, [annotation]: 'alice' } }),
      namespace: NAMESPACE,
      username,
      boundPodUid,
    });
    expect([elsewhere.allowed, /\(\w+\)$/.exec(elsewhere.message)?.[0]]).to.deep.equal([
      false,
      '(no_identity)',
    ]);
  });

  it('instead of a review, a pod with the launcher’s annotation: stopped, since only the launcher speaks for alice', async () => {
    const annotations = { 'twofold.dev/secrets': secret, [launcher.annotation]: 'alice' };
    expectStopped(await mallory.create(pod({ annotations }), launcher.namespace), '(no_identity)');
  });

  it('nothing was read: one claim with the ticket, by the victim’s own pod, and every forged session shown to alice', async () => {
    const use = await useOf(alice, ticket.jti);
    expect(use?.sessions.map(({ claims }) => claims).sort()).to.deep.equal([0, 1]);
    expect(use?.sessions.find(({ claims }) => claims > 0)?.sid).to.equal(sidOf(victim));
  });
});
