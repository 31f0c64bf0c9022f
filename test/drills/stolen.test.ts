import { expect } from 'chai';
import knex from 'knex';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byKid } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { openInner } from '#envelope/inner/open.ts';
import { parseKid, parseOwnerId, type OwnerId } from '#envelope/names.ts';
import { keyEncryptionKey, nodeCipher } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { openUserKey } from '#envelope/user-key.ts';
import { failureOf } from '../refusal.ts';
import { secretPath, sessions, startDrill, type Drill } from './cluster.ts';

interface Jwks {
  readonly keys: readonly Record<string, unknown>[];
}

/** Somebody has a copy of some files, and all of our code: what can be opened with them? */
describe('stolen copies', function () {
  this.timeout(60_000);
  let drill: Drill;
  let envelope: string;
  let neverStarted: string;
  let userKey: { ownerId: OwnerId; gen: number; kid: string; key: string };
  let etcd: readonly string[];
  const jwks = (file: string): Jwks =>
    JSON.parse(readFileSync(join(drill.stack.dir, 'keys', file), 'utf8')) as Jwks; // written by scripts/dev/keys.ts

  const keyFiles = (zone: string): readonly string[] =>
    readdirSync(join(drill.stack.dir, 'keys', zone)).filter((file) => file.endsWith('.json'));

  before(async () => {
    drill = await startDrill();
    const alice = drill.person('alice');
    await alice.store('db-password', 'the value');
    await alice.store('never-started', 'another value');
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    const pod = await drill.admitPod(annotations);
    const secret = await drill.admin.must<{ data: Record<string, string> }>('GET', secretPath(pod));
    etcd = Object.values(secret.data).map((value) => Buffer.from(value, 'base64').toString());
    const database = knex({
      client: 'better-sqlite3',
      connection: { filename: drill.stack.databaseFile },
      useNullAsDefault: true,
    });
    const rows = await database<{ envelope: string }>('secrets').orderBy('name').select('envelope');
    const [key] = await database<{ owner_id: string; gen: number; kid: string; key: string }>(
      'user_keys',
    ).select();
    await database.destroy();
    [envelope, neverStarted] = rows.map((row) => row.envelope) as [string, string]; // of the two above
    userKey = { ownerId: parseOwnerId(key!.owner_id)!, gen: key!.gen, kid: key!.kid, key: key!.key };
  });
  after(() => drill.stack.stop());

  const consolesAtRest = () => byKid(jwks('console/at-rest.json').keys.map(keyEncryptionKey));
  const keyservicesRsa = () =>
    byKid(jwks('keyservice/envelope-private.json').keys.map((jwk) => rsaIdentity(rsaPrivateKey(jwk))));
  const openKey = (keys: ReturnType<typeof consolesAtRest>) =>
    openUserKey(
      keys,
      { ownerId: userKey.ownerId, gen: userKey.gen, kid: parseKid(userKey.kid)! },
      userKey.key,
    );

  it('of the database alone: both layers stay, and the user key too', async () => {
    expect((await failureOf(openOuter(nodeCipher, byKid([]), parseEnvelope(envelope)))).code).to.equal(
      'unknown_key',
    );
    expect((await failureOf(openKey(byKid([])))).code).to.equal('unknown_key');
  });

  it('of the database and every key of the console: the outer layer stays', async () => {
    expect(await openKey(consolesAtRest())).to.have.length(32);
    const files = keyFiles('console');
    expect(files).to.include.members(
      ['at-rest', 'ticket-signing', 'cookie', 'record'].map((name) => `${name}.json`),
    );
    const all = files.flatMap((file) => jwks(`console/${file}`).keys);
    expect(all.some((jwk) => jwk['kty'] === 'RSA' && 'd' in jwk)).to.equal(false);
    expect((await failureOf(openOuter(nodeCipher, byKid([]), parseEnvelope(envelope)))).code).to.equal(
      'unknown_key',
    );
  });

  it('of the database and every key of the keyservice: the inner layer stays', async () => {
    const token = await openOuter(nodeCipher, keyservicesRsa(), parseEnvelope(envelope));
    expect(token).to.match(/^gAAAA/);
    const files = keyFiles('keyservice');
    expect(files).to.include.members(['envelope-private.json', 'grant-signing.json']);
    const secrets = files.flatMap((file) => jwks(`keyservice/${file}`).keys);
    expect(secrets.some(({ kty }) => kty === 'oct')).to.equal(false);
    expect((await failureOf(openKey(byKid([])))).code).to.equal('unknown_key');
  });

  it('of etcd and every key of the keyservice: the inner layer stays', () => {
    expect(etcd.filter((text) => text.startsWith('gAAAA'))).to.have.length(1);
    expect(etcd.some((text) => text.includes('the value'))).to.equal(false);
  });

  it('of etcd, the database and the at-rest key, without any RSA key: what a running session was given is read', async () => {
    const token = etcd.find((text) => text.startsWith('gAAAA'))!;
    const { header } = parseEnvelope(envelope);
    const key = await deriveInnerKey(nodeCipher, await openKey(consolesAtRest()), header);
    expect(Buffer.from(await openInner(nodeCipher, key, token)).toString()).to.equal('the value');
    const { header: stored } = parseEnvelope(neverStarted);
    expect(stored.secretId, 'of what is only stored there is no token in etcd').to.not.equal(header.secretId);
    expect(etcd.filter((text) => text.startsWith('gAAAA'))).to.have.length(1);
    expect((await failureOf(openOuter(nodeCipher, byKid([]), parseEnvelope(neverStarted)))).code).to.equal(
      'unknown_key',
    );
  });

  it('of all of it together opens the secret: so this drill can fail', async () => {
    const parts = parseEnvelope(envelope);
    const token = await openOuter(nodeCipher, keyservicesRsa(), parts);
    const key = await deriveInnerKey(nodeCipher, await openKey(consolesAtRest()), parts.header);
    expect(Buffer.from(await openInner(nodeCipher, key, token)).toString()).to.equal('the value');
  });
});
