import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import { newUser, onEachDatabase, type TestConsole } from './testing/console.ts';
import { connectRaw } from './testing/record-rows.ts';
import { admit, claim, grantFor, openSession, ticketFor } from './testing/session.ts';

const tables = [
  'owners',
  'user_keys',
  'secrets',
  'tickets',
  'sessions',
  'reservations',
  'logins',
  'keys',
  'audit',
];

/** Every row of every table as text. */
async function dump({ databaseUrl }: TestConsole): Promise<string> {
  const db = connectRaw(databaseUrl);
  const rows = await Promise.all(tables.map((table) => db(table).select('*')));
  await db.destroy();
  return JSON.stringify(rows);
}

onEachDatabase('a value', (running) => {
  it('is in no answer, log line or row, however it is written and whatever goes wrong', async () => {
    const replies: string[] = [];
    const marks: string[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^m4rk[A-Za-z0-9]{24,40}$/),
        fc.constantFrom(0, 1, 2, 3, 4),
        async (mark, way) => {
          marks.push(mark, Buffer.from(mark).toString('base64').slice(0, 30));
          const alice = await running().as(newUser());
          const body: object = [
            { name: 'a', value: mark },
            { name: 'a', valueBase64: Buffer.from(mark).toString('base64') },
            { name: 'a', value: `${mark}\ud800` },
            { name: mark.padEnd(300, 'x'), value: mark },
            { name: 'a', value: mark, expiresAt: '2020-01-01T00:00:00Z' },
          ][way]!;
          replies.push((await alice.call('post', '/secrets', { body })).text);
          replies.push((await alice.call('put', '/secrets/a', { body: { value: mark, extra: 1 } })).text);
          const raw = `{"name": "a", "value": "${mark}`;
          replies.push((await alice.call('post', '/secrets', { raw })).text);
          replies.push((await alice.call('get', '/audit')).text, (await alice.call('get', '/secrets')).text);
        },
      ),
      { numRuns: 10 },
    );
    const everything = [...replies, ...running().logs, await dump(running())].join('\n');
    // A refused name may be quoted, cut, to its sender, and nowhere else.
    const seen = marks.filter((mark) => everything.replaceAll(/"detail":"\\"[^"]*/g, '').includes(mark));
    expect(seen).to.deep.equal([]);
  });

  it('has its keys and tokens in no log line and no row either', async () => {
    const alice = await running().as(newUser());
    await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
    const ticket = await ticketFor(alice);
    const session = await openSession(running(), { ticket });
    const { token } = admit(running(), session);
    const grant = await grantFor(running(), session);
    const { json } = await claim(running(), { grant, token });
    const offer = (await alice.call('post', '/secrets/b/sealing')).json;
    const secrets = [json.keys[0]!.key, offer.innerKey, ticket, grant, token];
    const everything = [...running().logs, await dump(running())].join('\n');
    expect(secrets.filter((secret) => everything.includes(secret))).to.deep.equal([]);
    expect(everything).not.to.contain((running().keys.atRest as { k: string }).k);
  });
});
