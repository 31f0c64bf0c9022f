import { expect } from 'chai';
import knex, { type Knex } from 'knex';
import { hub } from '../../test/launchers.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { newUser, type TestConsole } from '../testing/console.ts';
import { startTrusting } from '../testing/launchers.ts';
import {
  admit,
  claim,
  grantFor,
  NAMESPACE,
  openSession,
  resolve,
  ticketFor,
  type ResolveBody,
} from '../testing/session.ts';

const HUB = hub.username;
const launcher = { ...hub, namespaces: ['hub', 'hub-2'], sharedNamespace: true } as const;
const LIMITED = [429, 'rate_limited'];

/** How often each status or code was answered. */
function tally(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, json } of replies) {
    const key = status === 200 ? 'ok' : json.code;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('starting sessions', function () {
  this.timeout(120_000);
  let running: TestConsole;
  let database: Knex;
  let alice: ApiClient;
  let username: string;

  const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
    // No time passes for the limits, however slow the machine is.
    running = await startTrusting([launcher], 'SQLite', env, () => 0);
    const filename = running.databaseUrl.replace('sqlite:', '');
    database = knex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
    const user = newUser();
    username = `name-of-${user}`;
    alice = await running.as(user, { claims: { preferred_username: username } });
    await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
  };
  const asHub = (body: ResolveBody = {}): Promise<Reply> =>
    resolve(running, { namespace: 'hub', launcher: { username: HUB, user: username }, ...body });
  const records = (): Promise<Record<string, unknown>[]> => database('audit').where({ action: 'resolve' });
  afterEach(async () => {
    await database.destroy();
    await running.stop();
  });

  it('lets 500 from one namespace through within a minute by default', async () => {
    await start({});
    const replies: Reply[] = [];
    // A webhook has no more under way at a time, and the last of 500 would wait for all the others.
    while (replies.length < 500) {
      const some = Array.from({ length: 50 }, (_, at) => `jupyter-${replies.length + at}`);
      replies.push(...(await Promise.all(some.map((name) => asHub({ pod: { name } })))));
    }
    expect(tally(replies)).to.deep.equal({ ok: 500 });
  });

  it('is refused with the time to wait if a namespace does it too often, and another is served', async () => {
    await start({ TWOFOLD_STARTS_PER_MINUTE: '5' });
    const replies = await Promise.all(Array.from({ length: 20 }, () => asHub({ dryRun: true })));
    expect(tally(replies)).to.deep.equal({ ok: 5, rate_limited: 15 });
    const refused = replies.find(({ status }) => status === 429);
    expect(Number(refused?.headers['retry-after'])).to.be.within(1, 60);
    expect(refused?.json.detail).to.match(
      /^Namespace hub has had 5 pods admitted within a minute.* try again in \d+ s\.$/,
    );
    expect((await asHub({ namespace: 'hub-2' })).status).to.equal(200);
    const limited = (await records()).filter(({ code }) => code === 'rate_limited');
    expect(limited, 'the first of them is recorded').to.have.length(1);
  });

  it('counts claims of each namespace separately, and only with authentic grants', async () => {
    await start({ TWOFOLD_STARTS_PER_MINUTE: '3' });
    const tokens: { grant: string; token: string }[] = [];
    for (const [at, namespace] of [NAMESPACE, NAMESPACE, NAMESPACE, 'elsewhere'].entries()) {
      const ticket = await ticketFor(alice, { namespace });
      const session = await openSession(running, { ticket, namespace });
      const { token } = admit(running, session, { name: `nb-${at}`, namespace });
      tokens.push({ grant: await grantFor(running, session), token });
    }
    const forged = await Promise.all(
      Array.from({ length: 10 }, () => claim(running, { grant: 'x.y.z', token: 'x' })),
    );
    expect(tally(forged)).to.deep.equal({ grant_malformed: 10 });
    const [first, second, third, elsewhere] = tokens;
    expect(
      tally(await Promise.all([first, second, third].map((each) => claim(running, each!)))),
    ).to.deep.equal({ ok: 3 });
    const again = await claim(running, first!);
    expect(refusal(again)).to.deep.equal(LIMITED);
    expect(Number(again.headers['retry-after'])).to.be.within(1, 60);
    expect((await claim(running, elsewhere!)).status).to.equal(200);
  });

  it('is not blocked by another session that claims without end', async () => {
    await start({});
    const ticket = await ticketFor(alice, { namespace: NAMESPACE });
    const session = await openSession(running, { ticket });
    const { token } = admit(running, session);
    const grant = await grantFor(running, session);
    const replies = await Promise.all(Array.from({ length: 40 }, () => claim(running, { grant, token })));
    expect(tally(replies)).to.deep.equal({ ok: 30, rate_limited: 10 });
    const claims = await database('audit').where({ action: 'claim', code: 'rate_limited' });
    expect(claims).to.have.length(1);
  });

  it('allows ten times as many claims from one address, before a grant shows the namespace', async () => {
    await start({ TWOFOLD_STARTS_PER_MINUTE: '2' });
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => claim(running, { grant: 'x.y.z', token: 'x' })),
    );
    expect(tally(replies)).to.deep.equal({ grant_malformed: 20, rate_limited: 10 });
  });

  it('reveals nothing of an owner’s secrets after too many requests for missing ones', async () => {
    await start({ TWOFOLD_UNKNOWN_PER_MINUTE: '3' });
    const bob = newUser();
    await (
      await running.as(bob, { claims: { preferred_username: bob } })
    ).call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    for (const dryRun of [true, false, true])
      expect(refusal(await asHub({ dryRun, names: ['b'] }))).to.deep.equal([404, 'secret_unknown']);
    const there = await asHub({ dryRun: true, names: ['a'] });
    const notThere = await asHub({ dryRun: true, names: ['b'] });
    expect([there, notThere].map(refusal)).to.deep.equal([LIMITED, LIMITED]);
    expect(there.text.replaceAll(/\d+ s/g, '')).to.equal(notThere.text.replaceAll(/\d+ s/g, ''));
    expect((await asHub({ launcher: { username: HUB, user: bob } })).status, 'another owner').to.equal(200);
    const ticket = await ticketFor(alice, { namespace: 'hub' });
    const byTicket = await resolve(running, { namespace: 'hub', ticket });
    expect(byTicket.status, 'the owner, whom the launcher does not block').to.equal(200);
  });

  it('reveals nothing of a namespace’s users after too many requests for missing ones', async () => {
    await start({ TWOFOLD_REFUSALS_PER_MINUTE: '3' });
    const askAbout = (user: string, namespace = 'hub'): Promise<Reply> =>
      asHub({ dryRun: true, namespace, launcher: { username: HUB, user } });
    for (const user of ['x', 'y', 'z'])
      expect(refusal(await askAbout(user))).to.deep.equal([403, 'launcher_user_unknown']);
    expect(refusal(await askAbout(username))).to.deep.equal(LIMITED);
    expect(refusal(await askAbout('nobody'))).to.deep.equal(LIMITED);
    expect((await askAbout(username, 'hub-2')).status, 'another namespace').to.equal(200);
    const ticket = await ticketFor(alice, { namespace: 'hub' });
    const byTicket = await resolve(running, { namespace: 'hub', ticket });
    expect(byTicket.status, 'a ticket names no user').to.equal(200);
  });

  it('records everyone who names a user, in a dry run too, with the name given', async () => {
    await start({});
    await asHub({ dryRun: true });
    const control = '\u001b[2J';
    await asHub({ dryRun: true, launcher: { username: HUB, user: `nobody${control}${'x'.repeat(900)}` } });
    await resolve(running, { namespace: 'hub', dryRun: true, ticket: 'no ticket' });
    await resolve(running, { namespace: 'hub', dryRun: true });
    const told = (await records()).map(({ actor, asserted, code, dry_run }) => [
      actor,
      asserted,
      code,
      dry_run,
    ]);
    expect(told.map(([actor]) => actor)).to.deep.equal([HUB, HUB, 'webhook']);
    expect(told[0]).to.deep.equal([HUB, username, null, 1]);
    expect(told[1]?.[1]).to.match(/^nobody\\u001b\[2Jx+…$/);
    expect(told.map(([, , code]) => code)).to.deep.equal([null, 'launcher_user_unknown', 'ticket_malformed']);
    const [own] = (await alice.call('get', '/audit')).json.items;
    expect(own).to.include({ action: 'resolve', dryRun: true, asserted: username });
    expect((await database('sessions')).length + (await database('tickets')).length).to.equal(0);
  });

  it('stores little for each refusal, and nothing beyond the limit', async () => {
    await start({ TWOFOLD_REFUSALS_PER_MINUTE: '10' });
    const names = Array.from({ length: 256 }, (_, at) => String(at).padStart(253, 'x'));
    const flood = (): Promise<Reply[]> =>
      Promise.all(Array.from({ length: 50 }, () => resolve(running, { ticket: 'x', names })));
    expect(tally(await flood())).to.deep.equal({ ticket_malformed: 10, rate_limited: 40 });
    const stored = await records();
    expect(stored).to.have.length(11);
    for (const record of stored) expect(Object.values(record).join().length).to.be.below(1_100);
    expect(stored[0]).to.include({ name_count: 256 });
    const ticket = await ticketFor(alice);
    expect((await resolve(running, { ticket })).status, 'others still succeed').to.equal(200);
  });
});
