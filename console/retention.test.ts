import { expect } from 'chai';
import { parseSessionId } from '#envelope/names.ts';
import { createKubernetesApi, type KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { eventually } from '../test/eventually.ts';
import { createCluster } from './cluster.ts';
import { createRetention, type Counts, type Retention } from './core/retention.ts';
import { openDatabase, type OpenDatabase } from './store/database.ts';
import { databaseKinds, later, newUser, startTestConsole, type TestConsole } from './testing/console.ts';
import { podPath } from './testing/kubernetes.ts';
import { admit, claim, grantFor, NAMESPACE, openSession, payloadOf, ticketFor } from './testing/session.ts';
import type { ApiClient } from './testing/api-client.ts';

const DAY_MS = 86_400_000;
const config = { sessionDays: 30, loginDays: 0, auditDays: 0 };
const none: Counts = { sessions: 0, tickets: 0, reservations: 0, logins: 0, audit: 0 };

for (const kind of databaseKinds) {
  describe(`the retention (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let database: OpenDatabase;
    let kubernetes: KubernetesApi;
    let alice: ApiClient;
    /** The console's retention, this many days ahead. */
    const inDays = (days: number, changed: Partial<typeof config> = {}): Retention =>
      createRetention(
        {
          store: database.retention,
          cluster: createCluster(kubernetes),
          clock: () => Date.now() + days * DAY_MS,
        },
        { ...config, ...changed },
      );
    const isThere = async (sid: string): Promise<boolean> =>
      (await database.sessions.find(parseSessionId(sid)!)) !== undefined;

    before(async () => {
      running = await startTestConsole(kind);
      database = await openDatabase({ url: running.databaseUrl }, running.records);
      kubernetes = createKubernetesApi(
        {
          kubernetesUrl: running.env['TWOFOLD_KUBERNETES_URL']!,
          kubernetesTokenFile: running.env['TWOFOLD_KUBERNETES_TOKEN_FILE']!,
          kubernetesCaFile: running.env['TWOFOLD_KUBERNETES_CA_FILE']!,
        },
        { log: createLog({ service: 'console', level: 'silent' }) },
      );
    });
    after(async () => {
      kubernetes.close();
      await database.close();
      await running.stop();
    });
    beforeEach(async () => {
      alice = await running.as(newUser());
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    });
    afterEach(async () => {
      running.kubernetes.failWith = undefined;
      running.kubernetes.pods.clear();
      await inDays(3_000).sweep();
    });

    it('deletes a session that no pod claimed with its ticket, 30 days after the ticket’s end', async () => {
      const { sid } = await openSession(running, { ticket: await ticketFor(alice) });
      expect(await inDays(30).sweep(), 'the ticket lived for a day').to.deep.equal(none);
      expect((await inDays(31.1).preview()).counts, 'as the preview said').to.deep.equal({
        ...none,
        sessions: 1,
        tickets: 1,
      });
      expect(await inDays(31.1).sweep()).to.deep.equal({ ...none, sessions: 1, tickets: 1 });
      expect(await isThere(sid)).to.equal(false);
    });

    it('keeps the session of a pod that exists, however old, and the pod claims again', async () => {
      const session = await openSession(running, { ticket: await ticketFor(alice) });
      const { token } = admit(running, session);
      const grant = await grantFor(running, session);
      const first = await claim(running, { grant, token });
      expect(await inDays(400).sweep()).to.deep.equal(none);
      expect((await inDays(400).preview()).bound, 'one waits for its pod to end').to.equal(1);
      expect((await claim(running, { grant, token })).json).to.deep.equal(first.json);
    });

    it('deletes a bound session once its pod is gone, or another has its name', async () => {
      for (const end of [
        () => running.kubernetes.pods.clear(),
        (pod: object) => {
          const metadata = { name: 'nb-0', namespace: NAMESPACE, uid: 'of-another-pod' };
          running.kubernetes.pods.set(podPath(NAMESPACE, 'nb-0'), { ...pod, metadata });
        },
      ]) {
        const session = await openSession(running, { ticket: await ticketFor(alice) });
        const { token, pod } = admit(running, session);
        expect((await claim(running, { grant: await grantFor(running, session), token })).status).to.equal(
          200,
        );
        end(pod);
        expect(await inDays(30).sweep(), 'not before its time').to.deep.equal(none);
        expect(await inDays(32).sweep()).to.deep.equal({ ...none, sessions: 1, tickets: 1 });
      }
    });

    it('keeps a bound session while the API server does not answer', async () => {
      const session = await openSession(running, { ticket: await ticketFor(alice) });
      const { token } = admit(running, session);
      await claim(running, { grant: await grantFor(running, session), token });
      running.kubernetes.pods.clear();
      running.kubernetes.failWith = 503;
      expect(await inDays(400).sweep()).to.deep.equal(none);
      running.kubernetes.failWith = undefined;
      expect(await inDays(400).sweep()).to.deep.equal({ ...none, sessions: 1, tickets: 1 });
    });

    it('deletes the sessions of a revoked ticket while their pods run: none of their claims succeeds', async () => {
      const ticket = await ticketFor(alice, { ttlSeconds: 20 * 86_400 });
      const session = await openSession(running, { ticket });
      const { token } = admit(running, session);
      const grant = await grantFor(running, session);
      await claim(running, { grant, token });
      await alice.call('delete', `/tickets/${String(payloadOf(ticket)['jti'])}`);
      expect((await claim(running, { grant, token })).json.code).to.equal('ticket_revoked');
      expect(await inDays(31.1).sweep()).to.deep.equal({ ...none, sessions: 1, tickets: 1 });
      expect((await claim(running, { grant, token })).json.code).to.equal('session_unknown');
      const again = await openSession(running, { ticket }).catch((error: unknown) => String(error));
      expect(again, 'a ticket without a row counts as revoked').to.contain('ticket_revoked');
    });

    it('keeps the sessions of a live ticket, though their time to claim is over', async () => {
      const ticket = await ticketFor(alice, { ttlSeconds: 30 * 86_400 });
      const { sid } = await openSession(running, { ticket });
      expect(await inDays(59).sweep()).to.deep.equal(none);
      expect(await isThere(sid)).to.equal(true);
    });

    it('deletes reservations once expired, and logins and records after the operator’s days', async () => {
      await alice.call('post', '/secrets/b/sealing');
      expect(await inDays(1, { loginDays: 2, auditDays: 2 }).sweep()).to.deep.equal({
        ...none,
        reservations: 1,
      });
      const { counts } = await inDays(3, { loginDays: 2, auditDays: 2 }).preview();
      expect(counts.logins).to.be.at.least(1);
      expect(counts.audit).to.be.at.least(2);
      expect(await inDays(3, { loginDays: 2, auditDays: 2 }).sweep()).to.deep.equal(counts);
      expect((await alice.call('get', '/secrets')).json.items, 'secrets are never pruned').to.have.length(1);
    });

    it('stops in the middle when told to, and continues at the next call', async () => {
      for (let n = 0; n < 3; n += 1) await openSession(running, { ticket: await ticketFor(alice) });
      expect(await inDays(40).sweep(() => false)).to.deep.equal(none);
      expect(await inDays(40).sweep()).to.deep.equal({ ...none, sessions: 3, tickets: 3 });
    });

    it('runs when the console starts', async () => {
      const { sid } = await openSession(running, { ticket: await ticketFor(alice) });
      await later(running, 40 * DAY_MS, async () => {
        const before = running.logs.length;
        await running.restart();
        await eventually('the sweep is logged', () => {
          const pruned = running.logs.slice(before).filter((line) => line.includes('"pruned"'));
          return Promise.resolve(pruned.some((line) => line.includes('"operation":"sessions"')));
        });
      });
      expect(await isThere(sid)).to.equal(false);
    });
  });
}
