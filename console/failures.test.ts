import knex from 'knex';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { octJwk } from '../test/keys.ts';
import { refusal, type Reply } from './testing/api-client.ts';
import { startTestConsole, type TestConsole } from './testing/console.ts';
import { admit, claim, grantFor, openSession, ticketFor } from './testing/session.ts';
import { testFolder } from '../test/folder.ts';

describe('what an operator must mend', () => {
  let running: TestConsole;
  before(async () => {
    running = await startTestConsole('SQLite');
  });
  after(() => running.stop());

  it('is reported if the at-rest key of a user key is missing, and putting it back restores everything', async () => {
    const dir = testFolder('failures');
    const otherKeys = join(dir, 'at-rest.json');
    writeFileSync(otherKeys, JSON.stringify({ keys: [octJwk()] }));
    const alice = await running.as('alice');
    const create = (name: string): Promise<Reply> =>
      alice.call('post', '/secrets', { body: { name, value: 'v' } });
    await create('a');
    const session = await openSession(running, { ticket: await ticketFor(alice) });
    const { token } = admit(running, session);
    const grant = await grantFor(running, session);
    await running.restart({ TWOFOLD_AT_REST_KEYS_FILE: otherKeys });
    expect(refusal(await create('b'))).to.deep.equal([503, 'user_key_unavailable']);
    expect(refusal(await alice.call('post', '/secrets/b/sealing'))).to.deep.equal([
      503,
      'user_key_unavailable',
    ]);
    expect(refusal(await claim(running, { grant, token }))).to.deep.equal([503, 'user_key_unavailable']);
    await running.restart();
    expect((await create('b')).status).to.equal(201);
    expect((await claim(running, { grant, token })).status, 'the pod is bound, and claims again').to.equal(
      200,
    );
  });

  it('is not shown to users if it is a defect, and the log does not show the content either', async () => {
    const bob = await running.as('bob');
    await bob.call('post', '/secrets', { body: { name: 'of-bob', value: 'v' } });
    const connection = { filename: running.databaseUrl.replace('sqlite:', '') };
    const db = knex({ client: 'better-sqlite3', connection, useNullAsDefault: true });
    await db('secrets').where({ name: 'of-bob' }).update({ name: 'planted in the row' });
    await db.destroy();
    const reply = await bob.call('get', '/secrets');
    expect(refusal(reply)).to.deep.equal([500, 'internal_error']);
    expect([reply.text, ...running.logs].join()).not.to.contain('planted');
    expect(running.logs.join()).to.contain('invalid secret name');
  });
});
