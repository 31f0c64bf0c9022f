import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Person } from '../../scripts/dev/person.ts';
import { eventually } from '../eventually.ts';
import { leasePath, messageOf, secretPath, sessions, startDrill, type Drill } from './cluster.ts';

describe('the main job, over real processes', function () {
  this.timeout(90_000);
  let drill: Drill;
  let alice: Person;
  let bob: Person;
  const marker = `marker-${randomBytes(6).toString('hex')}`;
  const binary = randomBytes(64);
  const large = randomBytes(64 * 1024);
  const ticketFor = async (person: Person, ...secrets: string[]) =>
    (await person.ticket({ namespace: sessions, secrets })).annotations;

  before(async () => {
    drill = await startDrill({ env: { webhook: { TWOFOLD_INJECTOR_PULL_SECRETS: 'twofold-registry' } } });
    alice = drill.person('alice');
    bob = drill.person('bob');
    await alice.store('db-password', marker);
    await alice.storeSealed('aws-key', binary);
    await alice.store('large', large);
    await bob.store('bobs', 'only for bob');
  });
  after(() => drill.stack.stop());

  it('brings text, bytes and 64 KiB into exactly these files, whoever sealed them', async () => {
    const annotations = await ticketFor(alice, 'db-password', 'aws-key', 'large');
    const secrets = 'db-password=pg/password,db-password=legacy.txt,aws-key,large';
    const pod = await drill.admitPod({ ...annotations, 'twofold.dev/secrets': secrets });
    const { exitCode, message, files } = await drill.runPod(pod);
    expect([exitCode, message]).to.deep.equal([0, '']);
    expect(Object.keys(files).sort()).to.deep.equal(['aws-key', 'large', 'legacy.txt', 'pg/password']);
    expect(files['pg/password']?.toString()).to.equal(marker);
    expect(files['aws-key']).to.deep.equal(binary);
    expect(files['large']).to.deep.equal(large);
  });

  it('brings a secret into an environment variable’s file', async () => {
    const annotations = await ticketFor(alice, 'db-password');
    const env = { ...annotations, 'twofold.dev/env': 'PGPASSWORD=db-password' };
    const { exitCode, env: file } = await drill.runPod(await drill.admitPod(env));
    expect([exitCode, file]).to.deep.equal([0, `PGPASSWORD='${marker}'\n`]);
  });

  it('gives a pod the values of its admission, also when its init container runs again after a replace', async () => {
    await alice.store('changing', 'first');
    const annotations = await ticketFor(alice, 'changing');
    const pod = await drill.admitPod(annotations);
    await alice.must('PUT', '/api/v1/secrets/changing', { value: 'second' });
    expect((await drill.runPod(pod)).files['changing']?.toString()).to.equal('first');
    expect((await drill.runPod(pod)).files['changing']?.toString()).to.equal('first');
    expect((await drill.runPod(await drill.admitPod(annotations))).files['changing']?.toString()).to.equal(
      'second',
    );
  });

  it('adds the pull secret of the injector’s image to those of the pod or, where it names none, of its account', async () => {
    const account = { metadata: { name: 'puller' }, imagePullSecrets: [{ name: 'of-the-account' }] };
    await drill.admin.must('POST', `/api/v1/namespaces/${sessions}/serviceaccounts`, account);
    const place = { namespace: sessions, serviceAccount: 'puller', secrets: ['db-password'] };
    const { annotations } = await alice.ticket(place);
    const named = async (...own: readonly string[]) => {
      const imagePullSecrets = own.map((name) => ({ name }));
      const containers = [{ name: 'main', image: 'example/app:1.0' }];
      const spec = { serviceAccountName: 'puller', containers, imagePullSecrets };
      const { spec: admitted } = await drill.admitPod(annotations, { spec });
      return admitted.imagePullSecrets?.map(({ name }) => name);
    };
    expect(await named()).to.deep.equal(['of-the-account', 'twofold-registry']);
    expect(await named('of-the-pod')).to.deep.equal(['of-the-pod', 'twofold-registry']);
    expect(await named('twofold-registry')).to.deep.equal(['twofold-registry']);
  });

  it('creates nothing in a dry run', async () => {
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${sessions}/leases`;
    const count = async () => (await drill.admin.must<{ items: unknown[] }>('GET', leases)).items.length;
    const uses = async () => JSON.stringify(await alice.must('GET', '/api/v1/tickets'));
    const annotations = await ticketFor(alice, 'db-password');
    const before = [await count(), await uses()];
    const dry = await drill.createPod(annotations, { query: '?dryRun=All' });
    expect(dry.status, messageOf(dry)).to.equal(201);
    expect(String(dry.headers['warning'])).to.contain('dry run');
    expect([await count(), await uses()]).to.deep.equal(before);
  });

  it('ends with the pod: Lease and Secret go', async () => {
    const pod = await drill.admitPod(await ticketFor(alice, 'db-password'));
    const owned = async (): Promise<boolean> =>
      JSON.stringify((await drill.admin.call('GET', leasePath(pod))).body).includes('"kind":"Pod"');
    await eventually('the pod owns the Lease', owned);
    await drill.admin.must('DELETE', `/api/v1/namespaces/${sessions}/pods/${pod.metadata.name ?? ''}`);
    await eventually(
      'Secret gone',
      async () => (await drill.admin.call('GET', secretPath(pod))).status === 404,
    );
  });

  it('starts a session with a ticket that a block of YAML has ended with a line feed', async () => {
    const annotations = await ticketFor(alice, 'db-password');
    const block = { ...annotations, 'twofold.dev/ticket': `${annotations['twofold.dev/ticket'] ?? ''}\n` };
    expect((await drill.runPod(await drill.admitPod(block))).exitCode).to.equal(0);
  });

  it('shows a ticket’s owner each use of it', async () => {
    const { jti, annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    const pod = await drill.admitPod(annotations);
    await drill.runPod(pod);
    const { items } = await alice.must<{ items: { jti: string; uses: object[] }[] }>(
      'GET',
      '/api/v1/tickets?limit=200',
    );
    const listed = JSON.stringify(items.find((ticket) => ticket.jti === jti));
    expect(listed).to.contain(pod.metadata.name).and.contain(pod.metadata.uid);
  });

  describe('refuses at admission, with the annotation, the reason and the next step', () => {
    it('an unknown secret and another owner’s in the same words', async () => {
      const told = async (name: string): Promise<string> => {
        const answer = await alice.call('POST', '/api/v1/tickets', { namespace: sessions, secrets: [name] });
        expect(answer.status).to.equal(404);
        return messageOf(answer).replaceAll(name, 'NAME');
      };
      expect(await told('bobs')).to.equal(await told('nobodys'));
    });

    it('a secret that was deleted since', async () => {
      await alice.store('short-lived', 'x');
      const annotations = await ticketFor(alice, 'short-lived');
      await alice.must('DELETE', '/api/v1/secrets/short-lived');
      const answer = await drill.createPod(annotations);
      expect(answer.status).to.equal(403);
      expect(messageOf(answer))
        .to.contain('twofold.dev/secrets: ')
        .and.contain('short-lived')
        .and.contain('(secret_unknown)');
    });

    it('a name that the ticket does not list', async () => {
      const annotations = await ticketFor(alice, 'db-password');
      const answer = await drill.createPod({ ...annotations, 'twofold.dev/secrets': 'db-password,large' });
      expect(messageOf(answer)).to.contain('large').and.contain('(name_not_in_ticket)');
    });

    it('a ticket of another namespace, account and pod, revoked, and broken', async () => {
      const options = { namespace: sessions, secrets: ['db-password'] };
      const { annotations, jti } = await alice.ticket(options);
      const refused = async (
        code: string,
        change: Parameters<Drill['createPod']>[1],
        with_ = annotations,
      ) => {
        const answer = await drill.createPod(with_, change);
        expect(answer.status).to.equal(403);
        expect(messageOf(answer)).to.contain('twofold.dev/ticket: ').and.contain(`(${code})`);
      };
      await refused('ticket_other_namespace', { namespace: 'elsewhere' });
      const robot = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
      await drill.admin.must('POST', `/api/v1/namespaces/${sessions}/serviceaccounts`, robot);
      await refused('ticket_other_service_account', {
        spec: { serviceAccountName: 'robot', containers: [{ name: 'm', image: 'x' }] },
      });
      await refused('ticket_other_pod', {}, (await alice.ticket({ ...options, pod: 'train-*' })).annotations);
      await refused(
        'ticket_not_authentic',
        {},
        { ...annotations, 'twofold.dev/ticket': tampered(annotations['twofold.dev/ticket'] ?? '') },
      );
      await alice.must('DELETE', `/api/v1/tickets/${jti}`);
      await refused('ticket_revoked', {});
    });

    it('bytes that cannot be a variable', async () => {
      const annotations = await ticketFor(alice, 'large');
      const answer = await drill.createPod({ ...annotations, 'twofold.dev/env': 'LARGE=large' });
      expect(messageOf(answer))
        .to.contain('twofold.dev/env: ')
        .and.contain('large')
        .and.contain('(secret_not_env_safe)');
    });
  });

  it('leaves neither value in any file of any service', () => {
    const needles = [
      Buffer.from(marker),
      binary,
      ...[Buffer.from(marker), binary].map((value) => Buffer.from(value.toString('base64url'))),
    ];
    const entries = readdirSync(drill.stack.dir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(entries.length).to.be.greaterThan(20);
    for (const entry of entries) {
      const content = readFileSync(join(entry.parentPath, entry.name));
      expect(
        needles.some((needle) => content.includes(needle)),
        entry.name,
      ).to.equal(false);
    }
  });
});

/** Another claim under the same signature. */
function tampered(ticket: string): string {
  const [header, payload = '', signature] = ticket.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number };
  const other = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url');
  return [header, other, signature].join('.');
}
