import { expect } from 'chai';
import { signTicket, type Ticket } from '#envelope/ticket.ts';
import { parseNames } from '#envelope/ticket.ts';
import { parseOwnerId, parseSecretName } from '#envelope/names.ts';
import { parsePodPattern } from '#envelope/pod.ts';
import { ed25519Signer } from '#envelope/node-cipher.ts';
import { createHttpsClient } from '#platform/https-client.ts';
import { ed25519Pair } from '../../test/keys.ts';
import { callJson, refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { CLUSTER, later, newUser, onEachDatabase, PUBLIC_URL } from '../testing/console.ts';
import {
  admitAndClaim,
  NAMESPACE,
  openSession,
  payloadOf,
  resolve,
  resolveBody,
  ticketFor,
  type ResolveBody,
} from '../testing/session.ts';

onEachDatabase('resolve', (running) => {
  let alice: ApiClient;
  let ticket: string;
  const ask = (body: ResolveBody): Promise<Reply> => resolve(running(), { ticket, ...body });
  const sessionCount = async (): Promise<number> =>
    (await alice.call('get', '/tickets')).json.items.reduce((sum, { sessions }) => sum + sessions.length, 0);
  /** A ticket like the console's, with some claims changed. */
  const forged = async (
    changed: Partial<Ticket>,
    jwk = running().keys.ticket.privateJwk,
  ): Promise<string> => {
    const claims = payloadOf(ticket);
    const now = Math.floor(Date.now() / 1000);
    return signTicket(ed25519Signer(jwk), {
      iss: PUBLIC_URL,
      aud: CLUSTER,
      sub: parseOwnerId(claims['sub'])!,
      ns: NAMESPACE,
      sa: 'default',
      secrets: parseNames(['a'])!,
      jti: String(claims['jti']),
      iat: now,
      nbf: now,
      exp: now + 600,
      ...changed,
    });
  };

  beforeEach(async () => {
    alice = await running().as(newUser());
    for (const name of ['a', 'b'])
      await alice.call('post', '/secrets', { body: { name, value: `value of ${name}` } });
    await alice.call('post', '/secrets', { body: { name: 'quoted', value: "it's" } });
    ticket = await ticketFor(alice, { secrets: ['a', 'b', 'quoted'] });
  });

  it('opens a session and answers with its envelopes in the order of the names', async () => {
    const { status, json, text } = await ask({ names: ['b', 'a'] });
    expect(status).to.equal(200);
    expect(Object.keys(JSON.parse(text) as object)).to.have.members(['sid', 'ticket', 'secrets']);
    expect(json.sid).to.match(/^[0-9a-f]{32}$/);
    expect(json.ticket).to.equal(ticket);
    expect(json.secrets.map(({ name, size }) => [name, size])).to.deep.equal([
      ['b', 10],
      ['a', 10],
    ]);
    expect(json.secrets[0]!.envelope.split('.')).to.have.length(5);
    expect(await sessionCount()).to.equal(1);
  });

  it('answers a dry run with sizes only, and writes nothing but a record of it', async () => {
    const { json, text } = await ask({ dryRun: true, names: ['a', 'b'], variables: ['b'] });
    expect(JSON.parse(text)).to.deep.equal({
      secrets: [
        { name: 'a', size: 10 },
        { name: 'b', size: 10 },
      ],
    });
    expect(json.ticket).to.equal(undefined);
    expect(refusal(await ask({ dryRun: true, names: ['unknown'] }))).to.deep.equal([
      403,
      'name_not_in_ticket',
    ]);
    const [refused, asked, ...before] = (await alice.call('get', '/audit')).json.items;
    expect(asked).to.deep.include({ action: 'resolve', dryRun: true, outcome: 'done', names: ['a', 'b'] });
    expect(refused).to.deep.include({ dryRun: true, outcome: 'refused', code: 'name_not_in_ticket' });
    expect(before.map(({ action }) => action)).not.to.include('resolve');
    expect(await sessionCount()).to.equal(0);
    expect(
      (await alice.call('get', '/secrets')).json.items.map(({ lastUsedAt }) => lastUsedAt),
    ).to.deep.equal([null, null, null]);
  });

  it('refuses a ticket that is not the console’s, not whole, or outside its time', async () => {
    const now = Math.floor(Date.now() / 1000);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${ticket.split('.')[1] ?? ''}.AA`;
    const cases: [string, string][] = [
      ['ticket_malformed', 'x'],
      ['ticket_malformed', ticket.slice(0, -4)],
      ['ticket_unknown_key', none],
      ['ticket_unknown_key', await forged({}, ed25519Pair().privateJwk)],
      ['ticket_not_authentic', `${ticket.slice(0, -8)}AAAAAAAA`],
      ['ticket_wrong_issuer', await forged({ iss: 'https://elsewhere.example.org' })],
      ['ticket_wrong_audience', await forged({ aud: 'another-cluster' })],
      ['ticket_not_yet_valid', await forged({ nbf: now + 90 })],
      ['ticket_expired', await forged({ exp: now - 61 })],
    ];
    for (const [code, text] of cases) {
      expect(refusal(await ask({ ticket: text })), code).to.deep.equal([403, code]);
    }
    const short = await ticketFor(alice, { ttlSeconds: 60 });
    const inSeconds = (seconds: number): Promise<Reply> =>
      later(running(), seconds * 1000, () => ask({ ticket: short }));
    expect((await inSeconds(90)).status, 'clocks differ').to.equal(200);
    expect(refusal(await inSeconds(125))).to.deep.equal([403, 'ticket_expired']);
  });

  it('refuses a text that was not issued under its id, whatever differs, though its signature is valid', async () => {
    const now = Math.floor(Date.now() / 1000);
    const cases: Partial<Ticket>[] = [
      {},
      { ns: 'elsewhere' },
      { sa: 'another' },
      { secrets: [parseSecretName('unticketed')!] },
      { exp: now + 29 * 86_400 },
      { uses: 1 },
      { pod: parsePodPattern('nb-*')! },
    ];
    await alice.call('post', '/secrets', { body: { name: 'unticketed', value: 'v' } });
    for (const changed of cases) {
      const names = changed.secrets ?? ['a'];
      const { ns: namespace = NAMESPACE, sa: serviceAccount = 'default' } = changed;
      const reply = await ask({
        ticket: await forged({ iat: now - 1, ...changed }),
        namespace,
        serviceAccount,
        names,
      });
      expect(refusal(reply), Object.keys(changed).join()).to.deep.equal([403, 'ticket_not_issued']);
    }
    const { items } = (await alice.call('get', '/audit')).json;
    expect(items[0], 'and shows it to the owner').to.include({
      action: 'resolve',
      code: 'ticket_not_issued',
    });
    expect(await sessionCount()).to.equal(0);
  });

  it('accepts a ticket with white space around it, and returns it without', async () => {
    const room = '\n'.repeat(150_000); // more than a ticket may have
    expect((await openSession(running(), { ticket: room + ticket })).ticket).to.equal(ticket);
    const session = await openSession(running(), { ticket: `\n ${ticket}\r\n` });
    expect(session.ticket).to.equal(ticket);
    const pod = { 'twofold.dev/secrets': 'a', 'twofold.dev/ticket': `${ticket}\n` };
    expect((await admitAndClaim(running(), session, { annotations: pod })).status).to.equal(200);
  });

  it('refuses a ticket that is revoked, or has no row', async () => {
    const unknown = await forged({ jti: '00000000-0000-4000-8000-000000000000' });
    expect(refusal(await ask({ ticket: unknown }))).to.deep.equal([403, 'ticket_revoked']);
    await alice.call('delete', `/tickets/${String(payloadOf(ticket)['jti'])}`);
    const revoked = await ask({});
    expect(refusal(revoked)).to.deep.equal([403, 'ticket_revoked']);
    expect(revoked.json.detail).to.contain('get a new one');
  });

  it('refuses a ticket for another place or another pod', async () => {
    const narrow = await ticketFor(alice, { pod: 'nb-0' });
    expect(refusal(await ask({ namespace: 'other' }))).to.deep.equal([403, 'ticket_other_namespace']);
    expect(refusal(await ask({ serviceAccount: 'other' }))).to.deep.equal([
      403,
      'ticket_other_service_account',
    ]);
    for (const pod of [{ name: 'nb-1' }, { generateName: 'nb-0' }]) {
      expect(refusal(await ask({ ticket: narrow, pod }))).to.deep.equal([403, 'ticket_other_pod']);
    }
    expect((await ask({ ticket: narrow, pod: { name: 'nb-0' } })).status).to.equal(200);
    const wide = await ticketFor(alice, { pod: 'train-*' });
    expect((await ask({ ticket: wide, pod: { generateName: 'train-x-' } })).status).to.equal(200);
  });

  it('refuses names that the ticket does not list, and secrets that no longer exist', async () => {
    expect(refusal(await ask({ names: ['a', 'c'] }))).to.deep.equal([403, 'name_not_in_ticket']);
    await alice.call('delete', '/secrets/b');
    const gone = await ask({ names: ['a', 'b'] });
    expect(refusal(gone)).to.deep.equal([404, 'secret_unknown']);
    expect(gone.json.detail).to.contain('secret b');
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await alice.call('put', '/secrets/a', { body: { value: 'v', expiresAt } });
    const expired = await later(running(), 61_000, () => ask({ names: ['a'] }));
    expect(refusal(expired)).to.deep.equal([403, 'secret_expired']);
  });

  it('refuses a secret that cannot be a variable, and names it', async () => {
    const unsafe = await ask({ names: ['a', 'quoted'], variables: ['quoted'] });
    expect(refusal(unsafe)).to.deep.equal([403, 'secret_not_env_safe']);
    expect(unsafe.json.detail).to.contain('quoted');
    expect((await ask({ names: ['a', 'quoted'], variables: ['a'] })).status).to.equal(200);
  });

  it('refuses more than fits into one Kubernetes Secret', async () => {
    const names = Array.from({ length: 11 }, (_, n) => `large-${n}`);
    const value = 'x'.repeat(65_536);
    for (const name of names) await alice.call('post', '/secrets', { body: { name, value } });
    const large = await ticketFor(alice, { secrets: names });
    expect(refusal(await ask({ ticket: large, names }))).to.deep.equal([403, 'tokens_too_large']);
    expect((await ask({ ticket: large, names: names.slice(1) })).status).to.equal(200);
  });

  it('refuses a ticket whose uses are spent by claims', async () => {
    const once = await ticketFor(alice, { uses: 1 });
    const session = await openSession(running(), { ticket: once });
    expect((await ask({ ticket: once })).status, 'not claimed yet').to.equal(200);
    expect((await admitAndClaim(running(), session)).status).to.equal(200);
    expect(refusal(await ask({ ticket: once }))).to.deep.equal([403, 'ticket_uses_exceeded']);
  });

  it('lets a create that is repeated through, whatever uses are left, and no claim beyond them', async () => {
    const once = await ticketFor(alice, { pod: 'nb-*', uses: 1 });
    const again = (name: string, more: ResolveBody = {}) => ask({ ticket: once, pod: { name }, ...more });
    const first = await openSession(running(), { ticket: once, pod: { name: 'nb-0' } });
    expect((await again('nb-0')).status, 'not claimed yet').to.equal(200);
    expect((await admitAndClaim(running(), first, { name: 'nb-0' })).status).to.equal(200);
    const repeated = await openSession(running(), { ticket: once, pod: { name: 'nb-0' } });
    expect((await again('nb-0', { dryRun: true })).status).to.equal(200);
    const beyond = await admitAndClaim(running(), repeated, { name: 'nb-0' });
    expect(refusal(beyond)).to.deep.equal([403, 'uses_exceeded']);
    expect((await admitAndClaim(running(), repeated, { name: 'nb-0' })).status, 'nor later').to.equal(403);
    expect(refusal(await again('nb-1')), 'another pod').to.deep.equal([403, 'ticket_uses_exceeded']);
    expect(refusal(await again('nb-0', { names: ['c'] }))).to.deep.equal([403, 'name_not_in_ticket']);
    await alice.call('delete', `/tickets/${String(payloadOf(once)['jti'])}`);
    expect(refusal(await again('nb-0'))).to.deep.equal([403, 'ticket_revoked']);
  });

  it('knows a repeated create by the name that a pod got only when it was created, too', async () => {
    const once = await ticketFor(alice, { uses: 1 });
    const session = await openSession(running(), { ticket: once, pod: { generateName: 'nb-' } });
    expect((await admitAndClaim(running(), session, { name: 'nb-x7k2p' })).status).to.equal(200);
    expect((await ask({ ticket: once, pod: { name: 'nb-x7k2p' } })).status).to.equal(200);
    expect(refusal(await ask({ ticket: once, pod: { generateName: 'nb-' } }))).to.deep.equal([
      403,
      'ticket_uses_exceeded',
    ]);
    const other = await ticketFor(alice, { uses: 1 });
    const theirs = await openSession(running(), { ticket: other, pod: { name: 'nb-other' } });
    expect((await admitAndClaim(running(), theirs, { name: 'nb-other' })).status).to.equal(200);
    expect(
      refusal(await ask({ ticket: other, pod: { name: 'nb-x7k2p' } })),
      'of another ticket',
    ).to.deep.equal([403, 'ticket_uses_exceeded']);
  });

  it('refuses a pod without a ticket or a launcher', async () => {
    expect(refusal(await ask({ ticket: undefined }))).to.deep.equal([403, 'no_identity']);
  });

  it('shows the owner each session and each refusal of a ticket', async () => {
    const { sid } = await openSession(running(), { ticket, pod: { name: 'nb-0' } });
    await ask({ namespace: 'other' });
    const [refused, opened] = (await alice.call('get', '/audit?limit=2')).json.items;
    expect(opened).to.include({ action: 'resolve', outcome: 'done', sid, pod: 'nb-0', namespace: NAMESPACE });
    expect(refused).to.include({ action: 'resolve', outcome: 'refused', code: 'ticket_other_namespace' });
    expect(refused?.names).to.deep.equal(['a']);
  });

  it('accepts nothing but its own shape', async () => {
    const bad: ResolveBody[] = [
      { names: [] },
      { names: ['a', 'a'] },
      { names: ['a b'] },
      { variables: ['b'] },
      { namespace: 'A' },
      { pod: 'nb-0' },
      { pod: {} },
      { pod: { name: 'A' } },
      { pod: { name: 'a\n' } },
      { pod: { generateName: '*' } },
      { launcher: { username: 'a\n', user: 'alice' } },
      { user: 'alice' },
      { ticket: 'x'.repeat(130_000) },
    ];
    for (const body of bad) {
      expect(refusal(await ask(body)), JSON.stringify(body).slice(0, 50)).to.deep.equal([
        400,
        'body_malformed',
      ]);
    }
  });

  it('answers only the webhook’s certificate for this port', async () => {
    const url = `${running().urlOf('resolve')}/internal/v1/resolve`;
    const options = { body: resolveBody({ ticket }) };
    const { ca } = running().certificates.leaf('console');
    for (const leaf of ['webhook-unwrap', 'console-rewrap', 'apiserver-webhook']) {
      const client = createHttpsClient(running().certificates.leaf(leaf));
      const reply = await callJson(client, { method: 'POST', url }, options);
      client.close();
      expect(refusal(reply), leaf).to.deep.equal([403, 'client_not_allowed']);
    }
    const bare = createHttpsClient({ ca });
    const outcome = await callJson(bare, { method: 'POST', url }, options).catch((error: unknown) => error);
    bare.close();
    expect(outcome).to.be.instanceOf(Error);
    const get = await callJson(running().webhook, { method: 'GET', url });
    expect(refusal(get)).to.deep.equal([405, 'method_not_allowed']);
    expect(
      refusal(await callJson(running().webhook, { method: 'POST', url: `${url}/x` }, options)),
    ).to.deep.equal([404, 'not_found']);
  });
});
