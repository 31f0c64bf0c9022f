import { expect } from 'chai';
import { newUser, onEachDatabase } from '../testing/console.ts';
import type { ApiClient, Body } from '../testing/api-client.ts';
import { admitAndClaim, openSession, ticketFor } from '../testing/session.ts';

onEachDatabase('the audit', (running) => {
  let alice: ApiClient;
  const list = async (query = ''): Promise<readonly Body[]> =>
    (await alice.call('get', `/audit${query}`)).json.items;

  beforeEach(async () => {
    alice = await running().as(newUser());
  });

  it('records every act and every refusal, newest first, and contains no value', async () => {
    const marker = 'a-value-that-must-not-be-seen';
    await alice.call('post', '/secrets', { body: { name: 'a', value: marker } });
    await alice.call('post', '/secrets', { body: { name: 'a', value: marker } });
    await alice.call('post', '/secrets', { body: { name: `${marker} ${marker}`, value: 'v' } });
    await alice.call('put', '/secrets/a', { body: { value: marker } });
    await alice.call('put', '/secrets/a', { body: { value: marker }, headers: { 'if-match': '"9"' } });
    await alice.call('post', '/secrets/a/sealing');
    const ticket = await ticketFor(alice);
    const [issued] = await list('?limit=1');
    await alice.call('delete', `/tickets/${String(issued?.jti)}`);
    await alice.call('delete', '/secrets/a');
    await alice.call('delete', '/secrets/a');
    const records = await list();
    expect(records.map(({ action, outcome, code }) => [action, outcome, code])).to.deep.equal([
      ['delete', 'refused', 'secret_unknown'],
      ['delete', 'done', null],
      ['revoke', 'done', null],
      ['ticket', 'done', null],
      ['seal', 'done', null],
      ['replace', 'refused', 'version_changed'],
      ['replace', 'done', null],
      ['create', 'refused', 'name_malformed'],
      ['create', 'refused', 'name_taken'],
      ['create', 'done', null],
    ]);
    expect(records.at(-1)).to.include({ actor: 'owner', version: 1 });
    expect(records.at(-1)?.names).to.deep.equal(['a']);
    const text = JSON.stringify(records);
    expect(text).not.to.contain(marker);
    expect(text).not.to.contain(ticket);
  });

  it('shows each owner only their own records', async () => {
    await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    const bob = await running().as(newUser());
    expect((await bob.call('get', '/audit')).json.items).to.deep.equal([]);
  });

  it('is found by secret and by session', async () => {
    for (const name of ['a_b', 'aXb', 'A_B'])
      await alice.call('post', '/secrets', { body: { name, value: 'v' } });
    const secrets = ['a_b', 'aXb'];
    const sessions = [];
    for (const name of ['nb-1', 'nb-2']) {
      const ticket = await ticketFor(alice, { secrets, pod: name });
      const session = await openSession(running(), { ticket, names: secrets, pod: { name } });
      expect((await admitAndClaim(running(), session, { name })).status).to.equal(200);
      sessions.push(session);
    }
    await alice.call('delete', '/secrets/a_b');
    await alice.call('post', '/secrets', { body: { name: 'a_b', value: 'v' } });
    await alice.call('put', '/secrets/a_b', { body: { value: 'v' }, headers: { 'if-match': '"9"' } });
    const found = async (query: string): Promise<string[]> =>
      (await list(query)).map(({ action, outcome }) => (outcome === 'done' ? action : outcome));
    const used = ['claim', 'resolve', 'ticket', 'claim', 'resolve', 'ticket'];
    expect(await found('?secret=a_b')).to.deep.equal(['refused', 'create', 'delete', ...used, 'create']);
    expect(await found('?secret=A_B')).to.deep.equal(['create']);
    const [{ sid } = { sid: '' }] = sessions;
    for (const session of [sid, sid.slice(0, 8)])
      expect(await found(`?session=${session}`)).to.deep.equal(['claim', 'resolve']);
    expect(await found('?session=nb-2')).to.deep.equal(['claim', 'resolve', 'ticket']);
    expect(await found('?session=nb-2&secret=A_B')).to.deep.equal([]);
    const [newest] = await list('?secret=a_b&limit=1');
    expect(await found(`?secret=a_b&limit=2&after=${String(newest?.id)}`)).to.deep.equal([
      'create',
      'delete',
    ]);
    for (const query of ['secret=a%20b', 'secret=', 'session=%25', 'session='])
      expect((await alice.call('get', `/audit?${query}`)).json.code, query).to.equal('query_malformed');
  });

  it('comes in pages that neither skip nor repeat', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await alice.call('post', '/secrets', { body: { name, value: 'v' } });
    const first = await list('?limit=2');
    const second = await list(`?limit=2&after=${String(first.at(-1)?.id)}`);
    const third = await list(`?limit=2&after=${String(second.at(-1)?.id)}`);
    const names = [...first, ...second, ...third].flatMap((record) => record.names ?? []);
    expect(names).to.deep.equal(['e', 'd', 'c', 'b', 'a']);
    expect((await alice.call('get', '/audit?after=x')).json.code).to.equal('query_malformed');
  });
});
