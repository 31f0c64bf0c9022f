import { expect } from 'chai';
import type { Knex } from 'knex';
import { eventually } from '../test/eventually.ts';
import { hub } from '../test/launchers.ts';
import { refusal, type ApiClient, type Reply } from './testing/api-client.ts';
import { databaseKinds, later, newUser, type TestConsole } from './testing/console.ts';
import { startTrusting } from './testing/launchers.ts';
import { connectRaw } from './testing/record-rows.ts';
import {
  admit,
  admitAndClaim,
  claim,
  grantFor,
  NAMESPACE,
  openSession,
  payloadOf,
  resolve,
  ticketFor,
} from './testing/session.ts';

const notAuthentic = [500, 'record_not_authentic'];

for (const kind of databaseKinds) {
  describe(`a row that a writer of the database has changed (${kind})`, function () {
    this.timeout(60_000);
    let running: TestConsole;
    let db: Knex;
    let user: string;
    let alice: ApiClient;
    let ticket: string;
    let jti: string;

    before(async () => {
      running = await startTrusting([{ ...hub, namespaces: [NAMESPACE] }], kind);
      db = connectRaw(running.databaseUrl);
    });
    after(async () => {
      await db.destroy();
      await running.stop();
    });
    beforeEach(async () => {
      user = newUser();
      alice = await running.as(user, { claims: { preferred_username: `name-of-${user}` } });
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
      await alice.call('post', '/secrets', { body: { name: 'b', value: 'w' } });
      ticket = await ticketFor(alice);
      jti = String(payloadOf(ticket)['jti']);
    });

    it('starts no session, whatever a ticket’s row was changed to allow', async () => {
      const changes = [
        { secrets: '["a","b"]' },
        { ns: 'elsewhere' },
        { exp: 9_000_000_000_000 },
        { uses: 99 },
      ];
      for (const change of changes) {
        const text = await ticketFor(alice);
        const id = String(payloadOf(text)['jti']);
        await db('tickets').where({ jti: id }).update(change);
        const reply = await resolve(running, { ticket: text });
        expect(refusal(reply), JSON.stringify(change)).to.deep.equal(notAuthentic);
        expect(reply.text).to.contain('twofold-admin check').and.not.contain(id);
      }
      const [newest] = (await alice.call('get', '/audit')).json.items;
      expect(newest).to.include({ action: 'resolve', code: 'record_not_authentic' });
    });

    it('does not undo a revocation', async () => {
      const session = await openSession(running, { ticket });
      const { token } = admit(running, session);
      const grant = await grantFor(running, session);
      await alice.call('delete', `/tickets/${jti}`);
      await db('tickets').where({ jti }).update({ revoked_at: null });
      expect(refusal(await resolve(running, { ticket }))).to.deep.equal(notAuthentic);
      expect(refusal(await claim(running, { grant, token }))).to.deep.equal(notAuthentic);
    });

    it('gives another pod no keys, whatever a session’s row was changed to', async () => {
      const session = await openSession(running, { ticket });
      const { token } = admit(running, session);
      const grant = await grantFor(running, session);
      expect((await claim(running, { grant, token })).status).to.equal(200);
      await db('sessions').where({ sid: session.sid }).update({ pod_uid: null, claims: 0 });
      const other = admit(running, session, { name: 'nb-1' });
      expect(refusal(await claim(running, { grant, token: other.token }))).to.deep.equal(notAuthentic);
    });

    it('does not make a launcher’s name mean another owner', async () => {
      const mallory = await running.as(newUser());
      await mallory.call('post', '/secrets', { body: { name: 'a', value: 'of mallory' } });
      const ask = () => resolve(running, { launcher: { username: hub.username, user: `name-of-${user}` } });
      expect((await ask()).status).to.equal(200);
      const value = `name-of-${user}`;
      const { id } = (await db<{ id: string; sub: string }>('owners')
        .orderBy('created_at', 'desc')
        .first('id'))!;
      const carriers = JSON.stringify([{ number: 1, owner: id, firstAt: 1, lastAt: Date.now() }]);
      await db('logins').where({ claim: 'preferred_username', value }).update({ carriers });
      expect(refusal(await ask())).to.deep.equal(notAuthentic);
    });

    it('is named in the log, the metrics and the audit, in the audit once a minute', async () => {
      await db('tickets').where({ jti }).update({ used: 3 });
      for (const _ of [1, 2, 3]) await resolve(running, { ticket });
      const lines = running.logs.filter((line) => line.includes(`"reason":"tickets ${jti}"`));
      expect(lines).to.have.length(3);
      const verified = () =>
        db<{ action: string; code: string; jti: string }>('audit').where({ action: 'verify', jti });
      await eventually('it is in the audit', async () => (await verified()).length > 0);
      expect(await verified()).to.have.length(1);
      expect((await verified())[0]).to.include({ code: 'record_not_authentic' });
      const answer = await fetch(`http://127.0.0.1:${running.ports['health']}/metrics`);
      expect(await answer.text()).to.match(/twofold_console_broken_records_total\{table="tickets"\} [1-9]/);
    });

    // As docs/threat-model.md says: none of these can be detected by the MAC of one row.
    describe('and what such a writer can still do', () => {
      it('is to put a whole row back: a revoked ticket, and spent uses', async () => {
        const once = await ticketFor(alice, { uses: 1 });
        const where = { jti: String(payloadOf(once)['jti']) };
        const before = (await db<{ jti: string; mac: string }>('tickets').where(where).first())!;
        expect((await admitAndClaim(running, await openSession(running, { ticket: once }))).status).to.equal(
          200,
        );
        expect(refusal(await resolve(running, { ticket: once }))).to.deep.equal([
          403,
          'ticket_uses_exceeded',
        ]);
        await alice.call('delete', `/tickets/${where.jti}`);
        await db('tickets').where(where).update(before);
        expect((await resolve(running, { ticket: once })).status).to.equal(200);
      });

      it('is to change what a name means: to its previous owner, or to the next once its row is gone', async () => {
        const value = `name-of-${user}`;
        const ask = () => resolve(running, { launcher: { username: hub.username, user: value } });
        const where = { claim: 'preferred_username', value };
        const before = (await db<typeof where & { mac: string }>('logins').where(where).first())!;
        const mallory = await running.as(newUser(), { claims: { preferred_username: value } });
        await mallory.call('post', '/secrets', { body: { name: 'a', value: 'of mallory' } });
        expect(refusal(await ask())).to.deep.equal([403, 'launcher_user_ambiguous']);
        await db('logins').where(where).update(before);
        const ownerOf = ({ json }: Reply): unknown => payloadOf(json.ticket)['sub'];
        expect(ownerOf(await ask()), 'the first one').to.equal(payloadOf(ticket)['sub']);
        await db('logins').where(where).delete();
        await later(running, 61_000, () => mallory.call('get', '/secrets'));
        expect(ownerOf(await ask()), 'the next one').to.equal(payloadOf(await ticketFor(mallory))['sub']);
      });

      it('is to change the expiry of a secret, for its own owner', async () => {
        const body = { value: 'v', expiresAt: new Date(Date.now() + 60_000).toISOString() };
        await alice.call('put', '/secrets/a', { body });
        const ask = () => later(running, 120_000, () => resolve(running, { ticket }));
        expect(refusal(await ask())).to.deep.equal([403, 'secret_expired']);
        await db('secrets').whereNotNull('expires_at').update({ expires_at: null });
        expect((await ask()).status).to.equal(200);
      });
    });

    it('keeps the console from starting if it is the state of an envelope key', async () => {
      await db('keys').update({ state: 'retired' });
      const failed = await running.restart().catch((error: unknown) => error);
      expect(String(failed)).to.match(/the row keys [\w-]{43} is not authentic/);
      await db('keys').delete();
      await running.restart();
      expect((await alice.call('post', '/secrets', { body: { name: 'c', value: 'v' } })).status).to.equal(
        201,
      );
    });
  });
}
