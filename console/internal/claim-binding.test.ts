import { expect } from 'chai';
import type { Knex } from 'knex';
import { refusal, type ApiClient } from '../testing/api-client.ts';
import { later, onEachDatabase } from '../testing/console.ts';
import { connectRaw } from '../testing/record-rows.ts';
import {
  admit,
  admitAndClaim,
  claim,
  grantClaims,
  grantFor,
  openNewSession,
  openSession,
  resolve,
  ticketFor,
  type ResolvedSession,
} from '../testing/session.ts';

const DAY_MS = 86_400_000;

async function hashOf(db: Knex, jti: string): Promise<string> {
  const row = await db<{ jti: string; hash: string }>('tickets').where({ jti }).first('hash');
  return row!.hash;
}

onEachDatabase('a session', (running) => {
  let alice: ApiClient;
  let ticket: string;
  let session: ResolvedSession;

  beforeEach(async () => {
    ({ alice, ticket, session } = await openNewSession(running()));
  });

  it('is bound to its first pod, and refuses every other', async () => {
    expect((await admitAndClaim(running(), session)).status).to.equal(200);
    const bound = [403, 'session_bound_to_another_pod'];
    const other = await admitAndClaim(running(), session, { name: 'nb-1' });
    expect(refusal(other)).to.deep.equal(bound);
    const namesake = await admitAndClaim(running(), session);
    expect(refusal(namesake), 'with the same name, but another uid').to.deep.equal(bound);
  });

  it('lets exactly one of two pods that claim at the same time win', async () => {
    const replies = await Promise.all(
      ['nb-0', 'nb-1', 'nb-2', 'nb-3'].map((name) => admitAndClaim(running(), session, { name })),
    );
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 403, 403, 403]);
    expect((await alice.call('get', '/tickets')).json.items[0]!.used).to.equal(1);
  });

  it('counts one use if a pod makes several claims at the same time', async () => {
    const { token } = admit(running(), session);
    const grant = await grantFor(running(), session);
    const replies = await Promise.all([1, 2, 3].map(() => claim(running(), { grant, token })));
    expect(replies.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    const [used] = (await alice.call('get', '/tickets')).json.items;
    expect(used).to.include({ used: 1 });
    expect(used?.sessions[0]).to.include({ claims: 3 });
  });

  it('lets no more sessions claim than the ticket has uses, however many try at the same time', async () => {
    const thrice = await ticketFor(alice, { uses: 3 });
    const sessions = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        openSession(running(), { ticket: thrice, pod: { name: `p-${n}` } }),
      ),
    );
    const replies = await Promise.all(
      sessions.map((opened, n) => admitAndClaim(running(), opened, { name: `p-${n}` })),
    );
    const refused = replies.filter(({ status }) => status !== 200).map(refusal);
    expect(refused).to.deep.equal(Array.from({ length: 7 }, () => [403, 'uses_exceeded']));
    expect((await alice.call('get', '/tickets')).json.items[0]!.used).to.equal(3);
  });

  it('is compared with its ticket’s row, and the ticket only with that row, even if both are authentic', async () => {
    const db = connectRaw(running().databaseUrl);
    const change = async (table: 'sessions' | 'tickets', where: object, to: object): Promise<void> => {
      const row: unknown = await db(table).where(where).first();
      const changed = { ...(row as object), ...to };
      await db(table)
        .where(where)
        .update({ ...to, mac: running().records.seal(table, changed) });
    };
    const { jti } = grantClaims(session);
    const ends = async (): Promise<unknown[]> => [
      refusal(await admitAndClaim(running(), session)),
      refusal(await resolve(running(), { ticket, names: ['a', 'b'] })),
    ];
    try {
      await change('sessions', { sid: session.sid }, { ticket_hash: '0'.repeat(64) });
      expect((await ends())[0]).to.deep.equal([403, 'session_differs']);
      await change('sessions', { sid: session.sid }, { ticket_hash: await hashOf(db, jti) });
      for (const [to, code] of [
        [{ ns: 'elsewhere' }, 'ticket_other_namespace'],
        [{ sa: 'elsewhere' }, 'ticket_other_service_account'],
        [{ secrets: '["a"]' }, 'name_not_in_ticket'],
      ] as const) {
        const before: unknown = await db('tickets').where({ jti }).first();
        await change('tickets', { jti }, to);
        expect(await ends()).to.deep.equal([
          [403, 'session_differs'],
          [403, code],
        ]);
        await db('tickets')
          .where({ jti })
          .update(before as object);
      }
      await change('tickets', { jti }, { exp: Date.now() - 61_000 });
      expect((await ends())[1]).to.deep.equal([403, 'ticket_expired']);
    } finally {
      await db.destroy();
    }
  });

  it('lets the bound pod claim again after the grant’s end, but nobody for the first time', async () => {
    const grant = await grantFor(running(), session);
    const { token } = admit(running(), session);
    const first = await claim(running(), { grant, token });
    expect(first.status).to.equal(200);
    const again = await later(running(), 3 * DAY_MS, () => claim(running(), { grant, token }));
    expect(again.json.keys).to.deep.equal(first.json.keys);
    const late = await openSession(running(), { ticket });
    const grantOfLate = await grantFor(running(), late);
    const { token: tokenOfLate } = admit(running(), late, { name: 'nb-9' });
    const refused = await later(running(), DAY_MS + 62_000, () =>
      claim(running(), { grant: grantOfLate, token: tokenOfLate }),
    );
    expect(refusal(refused)).to.deep.equal([403, 'grant_expired']);
    const short = { exp: Math.floor(Date.now() / 1000) - 61 };
    const overdue = await claim(running(), {
      grant: await grantFor(running(), late, short),
      token: tokenOfLate,
    });
    expect(refusal(overdue)).to.deep.equal([403, 'grant_expired']);
  });

  it('gives the bound pod the versions of its session after a replace, and nothing after revocation', async () => {
    const grant = await grantFor(running(), session);
    const { token } = admit(running(), session);
    const first = await claim(running(), { grant, token });
    await alice.call('put', '/secrets/a', { body: { value: 'new' } });
    const again = await claim(running(), { grant, token });
    expect(again.json.keys).to.deep.equal(first.json.keys);
    await alice.call('delete', `/tickets/${grantClaims(session).jti}`);
    expect(refusal(await claim(running(), { grant, token }))).to.deep.equal([403, 'ticket_revoked']);
  });
});
