import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { parseOwnerId, parseSessionId, type OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { testFolder } from '../../test/folder.ts';
import { testPostgres } from '../../test/postgres.ts';
import { openAdminDatabase } from '../admin/database.ts';
import { databaseKinds, type DatabaseKind } from '../testing/console.ts';
import { ISSUER, NOW, recordKeys, storeRows } from '../testing/record-rows.ts';
import { openDatabase } from './database.ts';
import { createRecords } from './records.ts';

function newOwner(): OwnerId {
  return parseOwnerId(randomUUID())!;
}
const identity = { issuer: ISSUER, sub: 'alice' };

/** A new database, as the console and as the operator's program open it. */
async function openNew(kind: DatabaseKind) {
  const records = createRecords(recordKeys());
  const url =
    kind === 'SQLite'
      ? `sqlite:${join(testFolder('offboarding'), 'console.db')}`
      : await (await testPostgres()).createDatabase();
  const database = await openDatabase({ url }, records);
  return { database, admin: await openAdminDatabase({ url }, records) };
}

for (const kind of databaseKinds) {
  describe(`an owner who logs in while being offboarded (${kind})`, function () {
    this.timeout(60_000);

    it('leaves no login that means an owner who is gone, and may come back', async () => {
      const { database, admin } = await openNew(kind);
      const logIn = (pause: () => Promise<void>) =>
        database.write(async ({ owners, logins }) => {
          const id = await owners.findOrCreate(identity, { id: newOwner(), now: NOW });
          await pause();
          await logins.record(ISSUER, id, [{ claim: 'sub', value: identity.sub }], NOW);
          return ok(id);
        });
      const first = await logIn(() => Promise.resolve());
      expect(first).to.have.property('ok', true);
      const [known] = await database.logins.carriers(ISSUER, { claim: 'sub', value: identity.sub });
      let deleted: Promise<unknown> = Promise.resolve();
      // SQLite refuses the login: its transaction has seen what was there before.
      await logIn(async () => {
        deleted = admin.offboarding!.delete(known!.ownerId!, NOW);
        await Promise.race([deleted, wait(500)]);
      }).catch(() => undefined);
      expect(await deleted, 'it was deleted').to.not.equal(undefined);
      expect(await database.logins.carriers(ISSUER, { claim: 'sub', value: identity.sub })).to.deep.equal([]);
      const back = await logIn(() => Promise.resolve());
      expect(back).to.have.property('ok', true);
      expect(back).to.not.deep.equal(first);
      await admin.close();
      await database.close();
    });

    it('or whose pod claims, is deleted after that', async () => {
      const { database, admin } = await openNew(kind);
      const { owner, jti, sid } = await storeRows(database, 'alice');
      let deleted: Promise<unknown> = Promise.resolve();
      // SQLite refuses the claim, as the login above.
      const claimed = await database
        .write(async ({ tickets, sessions }) => {
          await tickets.lockLive(jti);
          deleted = admin.offboarding!.delete(owner, NOW);
          await Promise.race([deleted, wait(500)]);
          return ok(await sessions.bind(parseSessionId(sid)!, { name: 'p', uid: 'u' }, NOW));
        })
        .catch((error: unknown) => error);
      expect(await deleted, 'it was deleted').to.have.property('sessions', 1);
      if (kind === 'PostgreSQL') expect(claimed).to.deep.equal(ok(true));
      await admin.close();
      await database.close();
    });
  });
}
