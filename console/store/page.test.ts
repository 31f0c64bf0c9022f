import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { parseOwnerId, parseSecretId } from '#envelope/names.ts';
import { newUser, onEachDatabase } from '../testing/console.ts';
import type { SecretOrder, TicketPage } from '../core/stores.ts';
import { ticketFor } from '../testing/session.ts';
import { openDatabase, type OpenDatabase } from './database.ts';

onEachDatabase('what the page reads', (running) => {
  let database: OpenDatabase;
  before(async () => {
    database = await openDatabase({ url: running().databaseUrl }, running().records);
  });
  after(() => database.close());

  /** A new owner with secrets of these names. */
  const owner = async (...names: readonly string[]) => {
    const alice = await running().as(newUser());
    const created = [];
    for (const name of names) {
      created.push((await alice.call('post', '/secrets', { body: { name, value: 'v' } })).json);
    }
    const { ownerId } = (await alice.call('post', '/secrets/probe/sealing')).json;
    return { alice, created, id: parseOwnerId(ownerId)! };
  };

  it('finds names by a part, case-insensitive, and without wildcards', async () => {
    const { id } = await owner('DB_password', 'db-user', 'dbXhost', 'token.100');
    const found = async (containing: string): Promise<string[]> => {
      const rows = await database.secrets.list(id, { limit: 10, containing });
      expect(await database.secrets.count(id, containing), containing).to.equal(rows.length);
      return rows.map(({ name }) => name);
    };
    expect(await found('db')).to.deep.equal(['DB_password', 'db-user', 'dbXhost']);
    expect(await found('DB_')).to.deep.equal(['DB_password']);
    expect(await found('%')).to.deep.equal([]);
    expect(await found('\\')).to.deep.equal([]);
    expect(await found("' or 1=1 --")).to.deep.equal([]);
    expect(await database.secrets.count(id)).to.equal(4);
  });

  it('sorts secrets by what it shows of them, those without it last, and equal ones by name', async () => {
    const { id, created } = await owner('b', 'c', 'a');
    const [b] = created;
    await database.secrets.markUsed([parseSecretId(b!.id)!], 5_000);
    const sorted = async (by: SecretOrder['by'], descending: boolean, offset = 0): Promise<string> => {
      const rows = await database.secrets.list(id, { limit: 10, offset, order: { by, descending } });
      return rows.map(({ name }) => name).join('');
    };
    expect(await sorted('name', true)).to.equal('cba');
    expect(await sorted('name', true, 1)).to.equal('ba');
    expect(await sorted('size', true)).to.equal('abc');
    expect(await sorted('lastUsedAt', true)).to.equal('bac');
    expect(await sorted('lastUsedAt', false)).to.equal('bac');
    expect(await sorted('expiresAt', false)).to.equal('abc');
    expect(await database.secrets.list(id, { limit: 1 })).to.have.lengthOf(1);
  });

  it('lists tickets from one on, and up to one', async () => {
    const { id, alice } = await owner('a');
    for (const pod of ['p-1', 'p-2', 'p-3', 'p-4']) {
      await ticketFor(alice, { secrets: ['a'], pod });
      running().clock.offsetMs += 1_000;
    }
    running().clock.offsetMs = 0;
    const all = await database.tickets.list(id, { limit: 10 });
    const listed = async (page: Omit<TicketPage, 'limit'>): Promise<unknown[]> =>
      (await database.tickets.list(id, { limit: 2, ...page })).map(({ pod }) => pod);
    expect(await listed({})).to.deep.equal(['p-4', 'p-3']);
    expect(await listed({ after: all[1]!.jti })).to.deep.equal(['p-2', 'p-1']);
    expect(await listed({ before: all[3]!.jti })).to.deep.equal(['p-3', 'p-2']);
    expect(await listed({ before: all[0]!.jti })).to.deep.equal([]);
    expect(await listed({ before: randomUUID() }), 'a deleted one').to.deep.equal([]);
  });

  it('shows the records of one secret separately', async () => {
    const { alice, created, id } = await owner('a', 'b');
    await alice.call('put', '/secrets/a', { body: { value: 'w' } });
    const secretId = parseSecretId(created[0]!.id)!;
    const records = await database.audit.list(id, { limit: 10, secretId });
    expect(records.map(({ action }) => action)).to.deep.equal(['replace', 'create']);
    const [newest, oldest] = records;
    const before = await database.audit.list(id, { limit: 10, secretId, before: oldest!.id });
    expect(before).to.deep.equal([newest]);
    expect(await database.audit.list(id, { limit: 10, secretId, before: newest!.id })).to.deep.equal([]);
  });

  it('keeps a login until it ends, is too old or unused, and deletes it with its owner', async () => {
    const { id } = await owner();
    const { webSessions } = database;
    const row = { idHash: `session-of-${id}`, ownerId: id, openedAt: 1_000, seenAt: 1_000 };
    const insert = () => webSessions.insert(row);
    await insert();
    await webSessions.touch(row.idHash, 5_000);
    expect(await webSessions.find(row.idHash)).to.deep.equal({ ...row, seenAt: 5_000 });
    await webSessions.deleteEnded({ opened: 999, seen: 4_999 });
    expect(await webSessions.find(row.idHash)).to.not.equal(undefined);
    await webSessions.deleteEnded({ opened: 1_000, seen: 0 });
    expect(await webSessions.find(row.idHash)).to.equal(undefined);
    await insert();
    await webSessions.deleteEnded({ opened: 0, seen: 1_000 });
    expect(await webSessions.find(row.idHash)).to.equal(undefined);
    await insert();
    await webSessions.delete(row.idHash);
    expect(await webSessions.find(row.idHash)).to.equal(undefined);
  });
});
