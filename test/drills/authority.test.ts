import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { Jwk } from '#envelope/kid.ts';
import { parseOwnerId, parseSecretName, type OwnerId } from '#envelope/names.ts';
import { ed25519Signer } from '#envelope/node-cipher.ts';
import { signTicket, type Ticket } from '#envelope/ticket.ts';
import { createHttpsClient } from '#platform/https-client.ts';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import type { Person } from '../../scripts/dev/person.ts';
import { sqliteAddon } from '../../scripts/build.ts';
import { testFolder } from '../folder.ts';
import { hub as trusted, launchersFile } from '../launchers.ts';
import { messageOf, sessions, startDrill, type Drill } from './cluster.ts';

const hub = trusted.username;
const [servers] = trusted.namespaces;
function names(...texts: readonly string[]) {
  return texts.map((text) => parseSecretName(text)!);
}

interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: OwnerId;
  readonly jti: string;
}

/** Whoever holds the ticket key, the webhook's certificate or the database's password: each ends with nothing read. */
describe('authority, over real processes', function () {
  this.timeout(90_000);
  let drill: Drill;
  let alice: Person;

  before(async () => {
    drill = await startDrill({
      launchersFile: launchersFile({ ...trusted, annotation: 'hub.example/user' }),
    });
    alice = drill.person('alice');
    await alice.store('db-password', 'value');
    await alice.store('never-ticketed', 'another value');
  });
  after(() => drill.stack.stop());

  const open = (filename: string): Knex =>
    knex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  /** A ticket signed with the console's stolen ticket key. */
  const forge = async (claims: Partial<Ticket> & Claims): Promise<string> => {
    const file = readFileSync(join(drill.stack.dir, 'keys', 'console', 'ticket-signing.json'), 'utf8');
    const { keys } = JSON.parse(file) as { keys: Jwk[] }; // a JWK set
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 29 * 86_400 };
    const place = { ns: sessions, sa: 'default', secrets: names('never-ticketed') };
    return await signTicket(ed25519Signer(keys[0]!), { ...place, ...times, ...claims });
  };
  const claimsOf = (text: string): Claims =>
    JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as Claims; // the console's own
  const resolveAsWebhook = async (body: object): Promise<{ ticket: string }> => {
    const read = (file: string): string =>
      readFileSync(join(drill.stack.dir, 'certificates', 'webhook-resolve', file), 'utf8');
    const client = createHttpsClient({ ca: drill.ca, cert: read('tls.crt'), key: read('tls.key') });
    const answer = await client.call({
      method: 'POST',
      url: `${drill.stack.urls.consoleResolve}/internal/v1/resolve`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      timeoutMs: 9_000,
      maxResponseBytes: 2_000_000,
    });
    client.close();
    expect(answer.status, answer.body.toString()).to.equal(200);
    return JSON.parse(answer.body.toString()) as { ticket: string }; // the console's own
  };

  it('a ticket as it was issued starts a session', async () => {
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['never-ticketed'] });
    const ended = await drill.runPod(await drill.admitPod(annotations));
    expect(ended.files['never-ticketed']?.toString()).to.equal('another value');
  });

  it('the ticket key and a copy of the database: a text forged under a stored jti is refused', async () => {
    await alice.ticket({ namespace: servers, secrets: ['db-password'], pod: 'jupyter-alice', uses: 1 });
    const copy = join(testFolder('thief'), 'db');
    for (const suffix of ['', '-wal']) {
      const file = drill.stack.databaseFile + suffix;
      if (existsSync(file)) copyFileSync(file, copy + suffix);
    }
    const stolen = open(copy);
    const rows = await stolen<{ jti: string; owner_id: string }>('tickets').select('jti', 'owner_id');
    await stolen.destroy();
    expect(rows).to.not.deep.equal([]);
    for (const { jti, owner_id } of rows) {
      const place = { iss: drill.stack.urls.console, aud: 'development' };
      const forged = await forge({ ...place, sub: parseOwnerId(owner_id)!, jti });
      const asked = { 'twofold.dev/secrets': 'never-ticketed', 'twofold.dev/ticket': forged };
      const answer = await drill.createPod(asked, { metadata: { name: 'jupyter-alice' } });
      expect(answer.status).to.equal(403);
      expect(messageOf(answer)).to.contain('(ticket_not_issued)');
    }
  });

  it('the ticket key and the annotation of a running pod: a forged text is refused wherever it is put', async () => {
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    const victim = await drill.admitPod(annotations);
    const seen = claimsOf(victim.metadata.annotations!['twofold.dev/ticket']!);
    const { iss, aud, sub, jti } = seen;
    for (const namespace of [sessions, servers]) {
      const forged = await forge({ iss, aud, sub, jti, ns: namespace });
      const asked = { 'twofold.dev/secrets': 'never-ticketed', 'twofold.dev/ticket': forged };
      const answer = await drill.createPod(asked, { namespace });
      expect(answer.status).to.equal(403);
      expect(messageOf(answer)).to.contain('(ticket_not_issued)');
    }
  });

  it('the webhook’s certificate: the ticket that it has minted for anybody starts no pod', async () => {
    const place = { dryRun: false, namespace: servers, serviceAccount: 'default', pod: { name: 'minted' } };
    const launcher = { username: hub, user: 'alice' };
    const minted = await resolveAsWebhook({ ...place, names: ['db-password'], variables: [], launcher });
    expect(claimsOf(minted.ticket), 'it is for alice').to.include({ ns: servers });
    const asked = { 'twofold.dev/secrets': 'db-password', 'twofold.dev/ticket': minted.ticket };
    const answer = await drill.createPod(asked, { namespace: servers, metadata: { name: 'minted' } });
    expect(answer.status).to.equal(403);
    expect(messageOf(answer)).to.contain('(ticket_of_launcher)');
    const records = await alice.must<{ items: { code: string | null }[] }>('GET', '/api/v1/audit');
    expect(records.items[0]).to.include({ code: 'ticket_of_launcher' });
    const headers = {
      'impersonate-user': hub,
      'impersonate-group': 'developers',
      [`impersonate-extra-${encodeURIComponent('authentication.kubernetes.io/pod-uid')}`]: 'of-the-hub',
    };
    const launched = await drill.createPod(
      { 'twofold.dev/secrets': 'db-password', 'hub.example/user': 'alice' },
      { namespace: servers, by: drill.admin, headers },
    );
    expect(launched.status, 'while the launcher’s own pod does start').to.equal(201);
    const ended = await drill.runPod(launched.body as Pod);
    expect(ended.files['db-password']?.toString()).to.equal('value');
  });

  it('a writer of the database is nobody else: the row is refused by name, and nobody is made', async () => {
    const bob = drill.person('bob'); // has never called
    const database = open(drill.stack.databaseFile);
    const owners = () => database<{ id: string; sub: string }>('owners').select('id', 'sub').orderBy('id');
    const before = await owners();
    const { id } = before.find(({ sub }) => sub === 'alice')!;
    await database('owners').where({ id }).update({ sub: 'bob' });
    // What it knew for a minute, it knows no more.
    await drill.stack.restart('console');
    try {
      for (const person of [bob, alice]) {
        const answer = await person.call('GET', '/api/v1/secrets');
        expect(answer.status).to.equal(500);
        expect(answer.body).to.include({ code: 'record_not_authentic' });
        expect(JSON.stringify(answer.body), 'which one is the operator’s to know').to.not.contain(id);
      }
      expect((await owners()).map((row) => row.id)).to.deep.equal(before.map((row) => row.id));
      const log = readFileSync(join(drill.stack.dir, 'logs', 'console.log'), 'utf8');
      expect(log).to.contain(`"reason":"owners ${id}"`);
      const checked = await check();
      expect(checked.code).to.equal(3);
      expect(checked.out).to.contain(`broken: owners ${id}: it is not as the console wrote it`);
    } finally {
      await database('owners').where({ id }).update({ sub: 'alice' });
      await database.destroy();
    }
    expect((await alice.call('GET', '/api/v1/secrets')).status, 'and whole again').to.equal(200);
    expect((await bob.must<{ items: object[] }>('GET', '/api/v1/secrets')).items).to.deep.equal([]);
    expect((await check()).code).to.equal(0);
  });

  const check = (): Promise<{ code: number | undefined; out: string }> => {
    const keys = join(drill.stack.dir, 'keys', 'console');
    const env = {
      PATH: process.env['PATH'],
      TWOFOLD_DATABASE_URL: `sqlite:${drill.stack.databaseFile}`,
      TWOFOLD_SQLITE_ADDON: sqliteAddon,
      TWOFOLD_AT_REST_KEYS_FILE: join(keys, 'at-rest.json'),
      TWOFOLD_RECORD_KEYS_FILE: join(keys, 'record.json'),
    };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, ['dist/admin.js', 'check'], { env }, (_error, out, err) =>
        resolve({ code: child.exitCode ?? undefined, out: out + err }),
      );
    });
  };
});
