import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { guardLines } from '#platform/launchers.ts';
import { openAdminDatabase } from '../admin/database.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { databaseKinds, later, newUser, type TestConsole } from '../testing/console.ts';
import { wholeGuard } from '../testing/kubernetes.ts';
import { putGuard, startTrusting } from '../testing/launchers.ts';
import {
  admitAndClaim,
  NAMESPACE,
  openSession,
  resolve,
  ticketFor,
  type ResolveBody,
} from '../testing/session.ts';
import { hub } from '../../test/launchers.ts';

const { username: HUB, annotation: ANNOTATION } = hub;
const DAY_MS = 86_400_000;
const GUARD = '/apis/admissionregistration.k8s.io/v1/validatingadmission';
const byName = { ...hub, namespaces: [NAMESPACE] };
const launchers = [
  byName,
  { ...byName, username: 'mail-hub', claim: 'email' },
  { ...byName, username: 'sub-hub', claim: 'sub' },
];
const LINES = guardLines(launchers);

for (const kind of databaseKinds) {
  describe(`a trusted launcher (${kind})`, () => {
    let running: TestConsole;
    let alice: ApiClient;
    let username: string;
    const ask = (body: ResolveBody = {}): Promise<Reply> =>
      resolve(running, { launcher: { username: HUB, user: username }, ...body });
    const annotations = (): Record<string, string> => ({
      'twofold.dev/secrets': 'a',
      [ANNOTATION]: username,
    });
    const loggedIn = async (sub: string, claims: object): Promise<ApiClient> => {
      const client = await running.as(sub, { claims: { ...claims } });
      await client.call('get', '/secrets');
      return client;
    };

    const offboard = async (sub: string): Promise<void> => {
      const database = await openAdminDatabase({ url: running.databaseUrl }, running.records);
      const [owner] = await database.offboarding!.carriers({ claim: 'sub', value: sub });
      await database.offboarding!.delete(owner!.id, Date.now());
      await database.close();
    };

    before(async function () {
      this.timeout(60_000);
      running = await startTrusting(launchers, kind);
    });
    after(async () => {
      await running.stop();
    });
    beforeEach(async () => {
      const user = newUser();
      username = `name-of-${user}`;
      alice = await loggedIn(user, { preferred_username: username });
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    });
    /** Moves the clock past what is cached. */
    const forget = (): void => {
      running.clock.offsetMs += 31_000;
    };

    it('starts a session for the owner who logged in with the name that it gives', async () => {
      const pod = { name: 'nb-0' };
      const session = await openSession(running, { launcher: { username: HUB, user: username }, pod });
      const claims = decodeJwt(session.ticket);
      expect(claims).to.include({ ns: NAMESPACE, sa: 'default', pod: 'nb-0', uses: 1 });
      expect(claims['secrets']).to.deep.equal(['a']);
      expect(claims.exp! - claims.iat!).to.equal(60);
      expect((await admitAndClaim(running, session, { annotations: annotations() })).status).to.equal(200);
      const [ticket] = (await alice.call('get', '/tickets')).json.items;
      expect(ticket).to.include({ launcher: HUB, used: 1, pod: 'nb-0' });
    });

    it('gets a ticket that nobody can present, not even unchanged, and its use is recorded', async () => {
      const { ticket } = await openSession(running, { launcher: { username: HUB, user: username } });
      for (const launcher of [undefined, { username: HUB, user: username }]) {
        const reply = await ask({ ticket, launcher });
        expect(refusal(reply)).to.deep.equal([403, 'ticket_of_launcher']);
        expect(reply.json.detail).to.contain('get one of your own');
      }
      const { items } = (await alice.call('get', '/audit')).json;
      expect(items.slice(0, 2).map(({ action, code }) => [action, code])).to.deep.equal([
        ['resolve', 'ticket_of_launcher'],
        ['resolve', 'ticket_of_launcher'],
      ]);
    });

    it('gets a ticket for the prefix of a pod that has no name yet', async () => {
      const session = await openSession(running, {
        launcher: { username: HUB, user: username },
        pod: { generateName: 'train-' },
      });
      expect(decodeJwt(session.ticket)['pod']).to.equal('train-*');
    });

    it('is refused when a pod claims that does not name the session’s user, whatever the review said', async () => {
      const session = await openSession(running, { launcher: { username: HUB, user: username } });
      const differing = [
        { 'twofold.dev/secrets': 'a' },
        { ...annotations(), [ANNOTATION]: 'mallory' },
        { ...annotations(), 'twofold.dev/ticket': session.ticket },
      ];
      for (const changed of differing) {
        const reply = await admitAndClaim(running, session, { annotations: changed });
        expect(refusal(reply), JSON.stringify(changed)).to.deep.equal([403, 'pod_differs']);
      }
    });

    it('counts only by its exact name, and in its namespaces', async () => {
      for (const launcher of [
        { username: `${HUB}2`, user: username },
        { username: 'system:serviceaccount:kube-system:replicaset-controller', user: username },
      ]) {
        expect(refusal(await ask({ launcher }))).to.deep.equal([403, 'launcher_not_trusted']);
      }
      expect(refusal(await ask({ namespace: 'other' }))).to.deep.equal([403, 'launcher_not_trusted']);
    });

    it('counts only while the whole guard is in force', async () => {
      const changes: ((guard: Map<string, object>) => void)[] = [
        (guard) => guard.clear(),
        (guard) => guard.delete(`${GUARD}policies/twofold-token`),
        (guard) => guard.delete(`${GUARD}policybindings/twofold-writer`),
        (guard) => guard.set(`${GUARD}policies/twofold-shape`, { spec: { failurePolicy: 'Ignore' } }),
        (guard) =>
          guard.set(`${GUARD}policybindings/twofold-launcher`, {
            spec: { policyName: 'twofold-launcher', validationActions: ['Warn'] },
          }),
        (guard) =>
          guard.set(`${GUARD}policybindings/twofold-launcher`, {
            spec: { policyName: 'another', validationActions: ['Deny'] },
          }),
        ...[
          { namespaceSelector: { matchLabels: { sessions: 'yes' } } },
          { objectSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
          { resourceRules: [{ operations: ['CREATE'] }] },
          { excludeResourceRules: [{ operations: ['CREATE'] }] },
        ].map(
          (matchResources) => (guard: Map<string, object>) =>
            guard.set(`${GUARD}policybindings/twofold-launcher`, {
              spec: { policyName: 'twofold-launcher', validationActions: ['Deny'], matchResources },
            }),
        ),
        ...[
          { namespaceSelector: { matchExpressions: [{ key: 'sessions', operator: 'Exists' }] } },
          { excludeResourceRules: [{ operations: ['CREATE'] }] },
        ].map(
          (matchConstraints) => (guard: Map<string, object>) =>
            guard.set(`${GUARD}policies/twofold-shape`, {
              spec: { failurePolicy: 'Fail', matchConstraints },
            }),
        ),
        ...['twofold-launcher', 'twofold-launcher-account'].flatMap((name) =>
          [LINES.slice(1), LINES.map((line) => line.replace(ANNOTATION, 'hub.jupyter.org/other')), []].map(
            (lines) => (guard: Map<string, object>) => {
              const path = `${GUARD}policies/${name}`;
              guard.set(path, wholeGuard(lines).get(path) ?? {});
            },
          ),
        ),
      ];
      for (const [index, change] of changes.entries()) {
        const { guard } = running.kubernetes;
        change(guard);
        forget();
        expect(refusal(await ask()), `change ${index}`).to.deep.equal([403, 'launcher_guard_missing']);
        putGuard(running, LINES);
      }
      running.kubernetes.failWith = 403;
      forget();
      expect(refusal(await ask()), 'what cannot be read is not in force').to.deep.equal([
        403,
        'launcher_guard_missing',
      ]);
      running.kubernetes.failWith = undefined;
      forget();
      expect((await ask({ dryRun: true })).status).to.equal(200);
    });

    it('is refused for a name that nobody logged in with, or not recently', async () => {
      const launcher = { username: HUB, user: 'nobody' };
      expect(refusal(await ask({ launcher }))).to.deep.equal([403, 'launcher_user_unknown']);
      const overdue = await later(running, 31 * DAY_MS, () => ask());
      expect(refusal(overdue)).to.deep.equal([403, 'launcher_user_unknown']);
    });

    it('is refused for a name that two owners have ever had', async () => {
      await loggedIn(newUser(), { preferred_username: username });
      const reply = await ask();
      expect(refusal(reply)).to.deep.equal([403, 'launcher_user_ambiguous']);
      expect(reply.json.detail).to.contain('use a ticket');
    });

    it('is refused for a name whose other owner has been offboarded, but not for a sub that came back', async () => {
      const byName = newUser();
      await loggedIn(byName, { preferred_username: username });
      await offboard(byName);
      expect(refusal(await ask())).to.deep.equal([403, 'launcher_user_ambiguous']);

      const sub = newUser();
      await loggedIn(sub, {});
      await offboard(sub);
      const launcher = { username: 'sub-hub', user: sub };
      expect(refusal(await ask({ launcher })), 'nobody is there').to.deep.equal([
        403,
        'launcher_user_unknown',
      ]);
      running.clock.offsetMs += 61_000;
      await (await loggedIn(sub, {})).call('post', '/secrets', { body: { name: 'a', value: 'v' } });
      expect((await ask({ launcher })).status).to.equal(200);
    });

    it('knows an e-mail address only if the provider has verified it', async () => {
      const user = newUser();
      const email = `${user}@example.org`;
      await loggedIn(user, { email, email_verified: false });
      const launcher = { username: 'mail-hub', user: email };
      expect(refusal(await ask({ launcher }))).to.deep.equal([403, 'launcher_user_unknown']);
      await (
        await loggedIn(user, { email, email_verified: true })
      ).call('post', '/secrets', {
        body: { name: 'a', value: 'v' },
      });
      expect((await ask({ launcher })).status).to.equal(200);
    });

    it('and a ticket must have the same owner', async () => {
      const ticket = await ticketFor(alice);
      expect((await ask({ ticket })).status).to.equal(200);
      const launcher = { username: HUB, user: 'mallory' };
      expect(refusal(await ask({ ticket, launcher }))).to.deep.equal([403, 'owners_differ']);
      const session = await openSession(running, { ticket, launcher: { username: HUB, user: username } });
      const both = { ...annotations(), 'twofold.dev/ticket': ticket };
      const without = await admitAndClaim(running, session, {
        annotations: { ...both, [ANNOTATION]: 'mallory' },
      });
      expect(refusal(without)).to.deep.equal([403, 'pod_differs']);
      expect((await admitAndClaim(running, session, { annotations: both })).status).to.equal(200);
    });
  });
}
