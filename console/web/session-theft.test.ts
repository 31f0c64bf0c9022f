import { createSecretKey, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { kidOf } from '#envelope/node-cipher.ts';
import { databaseKinds, newUser, startTestConsole, type TestConsole } from '../testing/console.ts';
import { CLIENT_ID, logIn, visitor, type Visit } from '../testing/login-provider.ts';
import { connectRaw } from '../testing/record-rows.ts';

interface Row {
  readonly id_hash: string;
  readonly owner_id: string;
}

const COOKIE = '__Host-twofold';

for (const kind of databaseKinds) {
  describe(`a thief of copies, at the page (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let victim: Visit;
    let row: Row;
    const octOf = (jwk: object): Buffer => Buffer.from((jwk as { k: string }).k, 'base64url');
    const seal = async (key: Buffer, sid: unknown, own = row.owner_id): Promise<string> => {
      const kid = kidOf({ kty: 'oct', k: key.toString('base64url') });
      return await new EncryptJWT({ sid: sid as string, own, nam: 'thief', csrf: 'mine' })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, typ: 'twofold' })
        .setExpirationTime('1h')
        .encrypt(createSecretKey(key));
    };
    const visitWith = async (cookie: string): Promise<unknown[]> => {
      const thief = visitor(running);
      thief.cookies.set(COOKIE, cookie);
      const { status, headers } = await thief.get('/secrets');
      return [status, headers['location']];
    };

    before(async () => {
      running = await startTestConsole(kind, { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
      victim = visitor(running);
      await logIn(running, victim, newUser());
      expect((await victim.get('/secrets')).status).to.equal(200);
      const db = connectRaw(running.databaseUrl);
      const [found]: Row[] = await db<Row>('web_sessions').select();
      await db.destroy();
      row = found!;
    });
    after(() => running.stop());

    it('has no session id in the database, and so no cookie, even with the cookie key', async () => {
      const { payload } = await jwtDecrypt(
        victim.cookies.get(COOKIE)!,
        createSecretKey(octOf(running.keys.cookie)),
      );
      expect(JSON.stringify(row)).to.not.contain(String(payload['sid']));
      const genuine = await seal(octOf(running.keys.cookie), payload['sid']);
      expect((await visitWith(genuine))[0], 'such a cookie would do').to.equal(200);
      const forged = await seal(octOf(running.keys.cookie), row.id_hash);
      expect(await visitWith(forged)).to.deep.equal([303, '/login?to=%2Fsecrets']);
    });

    it('cannot derive the cookie key from the at-rest key', async () => {
      const derived = hkdfSync('sha256', octOf(running.keys.atRest), '', 'twofold/cookies/v1', 32);
      for (const key of [Buffer.from(derived), octOf(running.keys.atRest)]) {
        expect((await visitWith(await seal(key, row.id_hash)))[0]).to.equal(303);
      }
    });

    it('cannot turn the victim’s session into another’s by the cookie alone', async () => {
      const { payload } = await jwtDecrypt(
        victim.cookies.get(COOKIE)!,
        createSecretKey(octOf(running.keys.cookie)),
      );
      const other = await seal(
        octOf(running.keys.cookie),
        payload['sid'],
        '00000000-0000-4000-8000-000000000000',
      );
      expect((await visitWith(other))[0]).to.equal(303);
    });

    it('gets no session by writing a row of the table: it is refused by name', async () => {
      const db = connectRaw(running.databaseUrl);
      const other = visitor(running);
      await logIn(running, other, newUser());
      const mine: Row[] = await db<Row>('web_sessions').whereNot({ id_hash: row.id_hash });
      await db<Row>('web_sessions').where({ id_hash: mine[0]!.id_hash }).update({ owner_id: row.owner_id });
      const { status, body } = await other.get('/secrets');
      await db.destroy();
      expect(status).to.equal(500);
      expect(body.toString()).to.contain('twofold-admin check').and.not.contain(mine[0]!.id_hash);
      const lines = running.logs.filter((line) => line.includes('record not authentic'));
      expect(lines.join()).to.contain(`web_sessions ${mine[0]!.id_hash}`);
    });
  });
}
