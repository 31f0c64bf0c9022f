import { expect } from 'chai';
import knex, { type Knex } from 'knex';
import { parseOwnerId, type OwnerId } from '#envelope/names.ts';
import { createQuotas } from '../core/quotas.ts';
import { createWebSessions } from '../core/web-sessions.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { databaseKinds, later, newUser, startTestConsole, type TestConsole } from '../testing/console.ts';
import { admitAndClaim, openSession, payloadOf, resolve, ticketFor } from '../testing/session.ts';
import { openDatabase, type OpenDatabase } from './database.ts';
import { sha256Hex } from '../../test/hashes.ts';

const MOST = 3;
const TRIES = 12;
const quotas = {
  TWOFOLD_QUOTA_SECRETS: String(MOST),
  TWOFOLD_QUOTA_TICKETS: String(MOST),
  TWOFOLD_QUOTA_SESSIONS: String(MOST),
  TWOFOLD_QUOTA_VERSIONS: '4',
  TWOFOLD_QUOTA_RESERVATIONS: String(MOST),
};

function times<T>(act: (at: number) => Promise<T>, count = TRIES): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => act(at)));
}

/** This many were let through, and all others refused with this code and the number. */
function expectQuota(replies: readonly Reply[], code: string, pass = MOST): void {
  const refused = replies.filter(({ status }) => status >= 400);
  for (const reply of refused) {
    expect(refusal(reply)).to.deep.equal([409, code]);
    expect(reply.json.detail).to.contain(String(MOST)).and.to.contain('quota');
  }
  expect(replies.length - refused.length).to.equal(pass);
}

for (const kind of databaseKinds) {
  describe(`quotas (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let alice: ApiClient;

    before(async () => {
      running = await startTestConsole(kind, quotas);
    });
    after(() => running.stop());
    beforeEach(async () => {
      alice = await running.as(newUser());
      await alice.call('get', '/secrets');
    });
    const store = (name: string, client = alice): Promise<Reply> =>
      client.call('post', '/secrets', { body: { name, value: 'v' } });

    it('hold for concurrent writes of secrets', async () => {
      expectQuota(await times((at) => store(`s${at}`)), 'too_many_secrets');
      const [first] = (await alice.call('get', '/secrets')).json.items;
      expect((await alice.call('put', `/secrets/${first!.name}`, { body: { value: 'w' } })).status).to.equal(
        200,
      );
      await alice.call('delete', `/secrets/${first!.name}`);
      expect((await store('in-its-place')).status).to.equal(201);
      expect((await store('a', await running.as(newUser()))).status, 'another owner').to.equal(201);
    });

    it('hold for concurrent reservations', async () => {
      expectQuota(
        await times((at) => alice.call('post', `/secrets/n${at}/sealing`)),
        'too_many_reservations',
      );
    });

    it('hold for live tickets, and for what is left of ended ones', async () => {
      await store('a');
      const issue = (): Promise<Reply> =>
        alice.call('post', '/tickets', { body: { namespace: 'sessions', secrets: ['a'] } });
      const replies = await times(issue);
      expectQuota(replies, 'too_many_tickets');
      const kept = replies.find(({ status }) => status === 201)!.json;
      await openSession(running, { ticket: kept.ticket, names: ['a'] });
      for (let count = 0; count < 10; count += 1) {
        const [newest] = (await alice.call('get', '/tickets')).json.items.filter(
          ({ revokedAt, jti }) => revokedAt === null && jti !== kept.jti,
        );
        await alice.call('delete', `/tickets/${newest!.jti}`);
        expect((await issue()).status).to.equal(201);
      }
      const left = (await alice.call('get', '/tickets')).json.items;
      expect(left).to.have.length(2 * MOST);
      expect(
        left.map(({ jti }) => jti),
        'one with a session stays',
      ).to.include(kept.jti);
    });

    it('hold for concurrent sessions that no pod has claimed', async () => {
      await store('a');
      const ticket = await ticketFor(alice);
      const open = (): Promise<Reply> => resolve(running, { ticket });
      const session = await openSession(running, { ticket });
      expectQuota(await times(open), 'too_many_sessions', MOST - 1);
      expect(refusal(await open())).to.deep.equal([409, 'too_many_sessions']);
      expect((await admitAndClaim(running, session)).status).to.equal(200);
      expect((await open()).status, 'a claim makes room').to.equal(200);
      const fresh = await later(running, 86_401_000, async () =>
        resolve(running, { ticket: await ticketFor(alice) }),
      );
      expect(fresh.status, 'so does time').to.equal(200);
    });

    it('free the room of a revoked ticket: nobody can claim its sessions', async () => {
      await store('a');
      const stolen = await ticketFor(alice);
      for (let count = 0; count < MOST; count += 1) await openSession(running, { ticket: stolen });
      const ticket = await ticketFor(alice);
      expect(refusal(await resolve(running, { ticket }))).to.deep.equal([409, 'too_many_sessions']);
      await alice.call('delete', `/tickets/${String(payloadOf(stolen)['jti'])}`);
      expect((await resolve(running, { ticket })).status).to.equal(200);
    });

    it('free the room of a spent ticket, and hold for creates that are repeated with it', async () => {
      await store('a');
      const once = await ticketFor(alice, { uses: 1 });
      const repeat = (): Promise<Reply> => resolve(running, { ticket: once, pod: { name: 'nb-0' } });
      const session = await openSession(running, { ticket: once, pod: { name: 'nb-0' } });
      expect((await admitAndClaim(running, session, { name: 'nb-0' })).status).to.equal(200);
      expectQuota(await times(repeat), 'too_many_sessions');
      const ticket = await ticketFor(alice);
      expect((await resolve(running, { ticket })).status, 'nobody can claim those').to.equal(200);
      expect(refusal(await repeat())).to.deep.equal([409, 'too_many_sessions']);
    });

    it('hold for the versions in those sessions', async () => {
      for (const name of ['a', 'b', 'c']) await store(name);
      const ticket = await ticketFor(alice, { secrets: ['a', 'b', 'c'] });
      await openSession(running, { ticket, names: ['a', 'b', 'c'] });
      const two = await resolve(running, { ticket, names: ['a', 'b'] });
      expect(refusal(two)).to.deep.equal([409, 'too_many_versions']);
      expect(two.json.detail)
        .to.contain('hold 3 versions')
        .and.to.contain('with 2 more')
        .and.to.contain('quota of 4');
      expect((await resolve(running, { ticket, names: ['a'] })).status).to.equal(200);
    });
  });

  describe(`logins on the page (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let database: OpenDatabase;
    let db: Knex;
    let ownerId: OwnerId;
    let now = 1;

    before(async () => {
      running = await startTestConsole(kind);
      database = await openDatabase({ url: running.databaseUrl }, running.records);
      db =
        kind === 'SQLite'
          ? knex({
              client: 'better-sqlite3',
              connection: { filename: running.databaseUrl.replace('sqlite:', '') },
              useNullAsDefault: true,
            })
          : knex({ client: 'pg', connection: running.databaseUrl });
    });
    after(async () => {
      await db.destroy();
      await database.close();
      await running.stop();
    });
    beforeEach(async () => {
      const alice = await running.as(newUser());
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
      ownerId = parseOwnerId(payloadOf(await ticketFor(alice))['sub'])!;
    });
    const sessions = (quotaWebSessions: number) => {
      let opened = 0;
      return createWebSessions(
        {
          database,
          quotas: createQuotas({
            quotaSecrets: 1,
            quotaTickets: 1,
            quotaSessions: 1,
            quotaVersions: 1,
            quotaReservations: 1,
            quotaWebSessions,
          }),
          sha256Hex,
          ids: { webSession: () => `${ownerId} ${(opened += 1)}` },
          clock: () => now,
        },
        { webIdleSeconds: 600, webLifeSeconds: 3_600 },
      );
    };

    it('end the oldest if there would be too many, and refuse nobody', async () => {
      const web = sessions(2);
      const opened: string[] = [];
      for (let count = 0; count < 4; count += 1) {
        now += 1;
        opened.push(await web.open(ownerId, undefined));
      }
      const whose = await Promise.all(opened.map((id) => web.enter(id)));
      expect(whose).to.deep.equal([undefined, undefined, ownerId, ownerId]);
    });

    it('are no more than the quota, even if concurrent', async () => {
      for (const quota of [1, 3]) {
        const web = sessions(quota);
        now += 1;
        await db('web_sessions').where({ owner_id: ownerId }).delete();
        await times(() => web.open(ownerId, undefined));
        expect(await db('web_sessions').where({ owner_id: ownerId })).to.have.length(quota);
      }
    });
  });
}
