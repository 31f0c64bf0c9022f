import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { ensureHubAccount, SERVERS_NAMESPACE, startHub, type Hub } from './kubespawner/spawner.ts';
import { kubectl } from './cluster/kubectl.ts';
import { marker } from './sessions/marker.ts';
import { pod } from './sessions/pods.ts';

const namespace = SERVERS_NAMESPACE;
const SECRET = 'of-the-hub';

describe('the real KubeSpawner', () => {
  const cluster = connect();
  const people = new Map<string, { person: Person; value: string }>();
  let hub: Hub;

  before(async () => {
    await ensureHubAccount('hub');
    for (const name of ['dave', 'erin']) {
      const person = cluster.person(name);
      const value = `${name} ${marker()}`;
      await cluster.keep(person, SECRET, value);
      people.set(name, { person, value });
    }
    hub = await startHub(cluster, 'hub');
  });
  after(async () => {
    await hub.close();
    for (const { person } of people.values()) person.close();
  });

  const valueOf = (name: string): string | undefined => people.get(name)?.value;
  const personOf = (name: string): Person => {
    const known = people.get(name);
    if (!known) throw new Error(`there is no person ${name} here`);
    return known.person;
  };

  it('starts a server with two lines of annotations, stops it, and nothing is left', async () => {
    const ticket = await personOf('dave').ticket({ namespace, secrets: [SECRET], pod: 'jupyter-dave' });
    const name = await hub.start('dave', {
      'twofold.dev/secrets': SECRET,
      'twofold.dev/ticket': ticket.ticket,
    });
    const admitted = await cluster.readPod(name, namespace);
    if (!admitted) throw new Error(`there is no pod ${name}`);
    expect(await cluster.exec(name, ['cat', `/secrets/${SECRET}`], { namespace })).to.equal(valueOf('dave'));
    await hub.stop('dave');
    await cluster.gone(name, namespace);
    await cluster.noSessionObjects(sidOf(admitted), namespace);
  });

  it('as a trusted launcher gives each server the secrets of the user that it was spawned for', async () => {
    const annotations = { 'twofold.dev/secrets': SECRET };
    for (const user of ['dave', 'erin']) {
      const name = await hub.start(user, annotations);
      const admitted = await cluster.readPod(name, namespace);
      expect(admitted?.metadata?.annotations).to.include({ 'hub.jupyter.org/username': user });
      expect(admitted?.metadata?.annotations, 'the minted ticket stays off the pod').not.to.have.property(
        'twofold.dev/ticket',
      );
      const seen = await cluster.exec(name, ['cat', `/secrets/${SECRET}`], { namespace });
      expect(seen, user).to.equal(valueOf(user));
      await hub.stop(user);
    }
  });

  it('is refused, with the reason, for a user who never logged in to Twofold', async () => {
    const failure = await hub.start('nobody-of-the-hub', { 'twofold.dev/secrets': SECRET }).then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    expect(failure).to.contain('launcher_user_unknown');
    expect(failure).to.contain('log in there once, or use a ticket');
  });

  it('under another account with the same rights is refused, whomever it spawns for', async () => {
    await ensureHubAccount('other-hub');
    const other = await startHub(cluster, 'other-hub');
    try {
      const failure = await other.start('dave', { 'twofold.dev/secrets': SECRET }).then(
        () => 'it started',
        (error: unknown) => String(error),
      );
      expect(failure).to.match(/twofold/);
      expect(failure).to.match(/no_identity|launcher_not_trusted/);
    } finally {
      await other.close();
    }
    expect(await cluster.readPod('jupyter-dave', namespace)).to.equal(undefined);
  });

  it('cannot be impersonated with a token requested for its account, whatever the rights: the guard refuses', async () => {
    const { name, namespace: home } = cluster.endpoints.launcher.account;
    const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', name];
    for (const more of [[], bound]) {
      const { code, stdout, stderr } = await kubectl(['create', 'token', name, '--namespace', home, ...more]);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain('twofold-launcher-account');
    }
  });

  it('cannot be impersonated as an account: there is no pod behind it', async () => {
    const { annotation, username } = cluster.endpoints.launcher;
    const annotations = { 'twofold.dev/secrets': SECRET, [annotation]: 'dave' };
    const { code, stderr } = await cluster.tryCreate(pod({ annotations, namespace }), {
      namespace,
      as: username,
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain('(launcher_not_pod_bound)');
  });

  it('is the only one whose annotation counts: with it, a pod of anyone else is refused', async () => {
    const annotations = { 'twofold.dev/secrets': SECRET, [cluster.endpoints.launcher.annotation]: 'dave' };
    const session = pod({ annotations, namespace, spec: { serviceAccountName: 'default' } });
    const { code, stderr } = await cluster.tryCreate(session, { namespace });
    expect(code).to.not.equal(0);
    expect(stderr).to.match(/no_identity|launcher_not_trusted/);
  });
});
