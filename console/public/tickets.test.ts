import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { CLUSTER, later, newUser, onEachDatabase, PUBLIC_URL, startTestConsole } from '../testing/console.ts';
import { refusal, type ApiClient, type Reply } from '../testing/api-client.ts';
import { admitAndClaim, NAMESPACE, openSession, resolve, ticketFor } from '../testing/session.ts';

onEachDatabase('tickets', (running) => {
  let alice: ApiClient;
  const issue = (body: object): Promise<Reply> =>
    alice.call('post', '/tickets', { body: { namespace: NAMESPACE, secrets: ['a'], ...body } });

  beforeEach(async () => {
    alice = await running().as(newUser());
    for (const name of ['a', 'b']) await alice.call('post', '/secrets', { body: { name, value: 'v' } });
  });

  it('contain exactly what was requested, and come with the annotations', async () => {
    const body = { serviceAccount: 'robot', secrets: ['b', 'a'], pod: 'train-*', uses: 3, ttlSeconds: 600 };
    const { status, json } = await issue(body);
    expect(status).to.equal(201);
    const claims = decodeJwt(json.ticket);
    expect(claims).to.include({
      iss: PUBLIC_URL,
      aud: CLUSTER,
      ns: NAMESPACE,
      sa: 'robot',
      pod: 'train-*',
      uses: 3,
    });
    expect(claims['secrets']).to.deep.equal(['b', 'a']);
    expect(claims.exp! - claims.iat!).to.equal(600);
    expect(claims.jti).to.equal(json.jti);
    expect(new Date(claims.exp! * 1000).toISOString()).to.equal(json.expiresAt);
    expect(json.annotations).to.deep.equal({
      'twofold.dev/secrets': 'b,a',
      'twofold.dev/ticket': json.ticket,
    });
  });

  it('are for the default service account and one day unless requested otherwise', async () => {
    const claims = decodeJwt((await issue({})).json.ticket);
    expect(claims).to.include({ sa: 'default' }).and.not.to.have.any.keys('pod', 'uses');
    expect(claims.exp! - claims.iat!).to.equal(86_400);
  });

  it('are refused for malformed, duplicate or empty lists and places', async () => {
    const bad: object[] = [
      { secrets: [] },
      { secrets: ['a', 'a'] },
      { secrets: ['a b'] },
      { secrets: 'a' },
      { secrets: Array.from({ length: 257 }, (_, n) => `n${n}`) },
      { namespace: 'Not-A-Namespace' },
      { serviceAccount: 'a_b' },
      { pod: '*' },
      { pod: 'a*b' },
      { uses: 0 },
      { uses: 1.5 },
      { ttlSeconds: 59 },
      { audience: 'x' },
    ];
    for (const body of bad) {
      expect(refusal(await issue(body)), JSON.stringify(body)).to.deep.equal([400, 'body_malformed']);
    }
  });

  it('are refused for secrets that do not exist, are another’s, or have expired', async () => {
    const bob = await running().as(newUser());
    await bob.call('post', '/secrets', { body: { name: 'of-bob', value: 'v' } });
    const other = await issue({ secrets: ['a', 'of-bob'] });
    expect(refusal(other)).to.deep.equal([404, 'secret_unknown']);
    expect(other.json.detail).to.contain('of-bob');
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await alice.call('put', '/secrets/b', { body: { value: 'v', expiresAt } });
    const expired = await later(running(), 120_000, () => issue({ secrets: ['b'] }));
    expect(refusal(expired)).to.deep.equal([403, 'secret_expired']);
  });

  it('live no longer than the operator allows', async () => {
    const reply = await issue({ ttlSeconds: 31 * 86_400 });
    expect(refusal(reply)).to.deep.equal([422, 'ttl_too_long']);
    expect(reply.json.detail).to.contain(String(30 * 86_400));
  });

  it('are listed newest first with each use, in pages', async () => {
    const tickets: string[] = [];
    for (const pod of ['p-1', 'p-2', 'p-3']) {
      tickets.push(await ticketFor(alice, { pod }));
      running().clock.offsetMs += 1_000;
    }
    running().clock.offsetMs = 0;
    const used = tickets[1]!;
    const session = await openSession(running(), { ticket: used, pod: { name: 'p-2' } });
    expect((await admitAndClaim(running(), session, { name: 'p-2' })).status).to.equal(200);
    const { items } = (await alice.call('get', '/tickets?limit=2')).json;
    const second = items[1]!;
    expect(items.map(({ pod }) => pod)).to.deep.equal(['p-3', 'p-2']);
    expect(second).to.include({
      used: 1,
      uses: null,
      namespace: NAMESPACE,
      revokedAt: null,
      launcher: null,
    });
    expect(second.sessions).to.have.length(1);
    expect(second.sessions[0]!).to.include({ sid: session.sid, pod: 'p-2', claims: 1 });
    expect(second.sessions[0]!.firstClaimAt).to.be.a('string');
    const rest = (await alice.call('get', `/tickets?after=${second.jti}`)).json.items;
    expect(rest.map(({ pod }) => pod)).to.deep.equal(['p-1']);
    expect((await alice.call('get', `/tickets/${second.jti}`)).json).to.deep.equal(second);
    const bob = await running().as(newUser());
    for (const [who, jti] of [
      [bob, second.jti],
      [alice, randomUUID()],
      [alice, 'x'],
    ] as const)
      expect(refusal(await who.call('get', `/tickets/${jti}`))).to.deep.equal([404, 'ticket_unknown']);
    const secrets = (await alice.call('get', '/secrets')).json.items;
    expect(secrets[0]!.lastUsedAt, 'of the secret that was used').to.be.a('string');
    expect(secrets[1]!.lastUsedAt).to.equal(null);
  });

  it('come with all annotations of the choice, and are refused where a pod could not carry them', async () => {
    const chosen = (
      await issue({
        secrets: ['a', 'b'],
        files: [{ name: 'a', path: 'pg/password' }],
        env: [{ variable: 'PGPASSWORD', name: 'b' }],
        mountPath: '/home/ada/secrets/',
        containers: ['main'],
        fileMode: '0400',
      })
    ).json;
    expect(chosen.annotations).to.deep.equal({
      'twofold.dev/secrets': 'a=pg/password',
      'twofold.dev/env': 'PGPASSWORD=b',
      'twofold.dev/mount-path': '/home/ada/secrets',
      'twofold.dev/containers': 'main',
      'twofold.dev/file-mode': '0400',
      'twofold.dev/ticket': chosen.ticket,
    });
    for (const bad of [
      { mountPath: '/etc' },
      { files: [{ name: 'a b', path: 'x' }] },
      { env: [{ variable: '1', name: 'a' }] },
    ]) {
      expect(refusal(await issue(bad)), JSON.stringify(bad)).to.deep.equal([422, 'annotations_malformed']);
    }
    await alice.call('put', '/secrets/b', { body: { value: "it's" } });
    const unsafe = await issue({ secrets: ['a', 'b'], env: [{ variable: 'B', name: 'b' }] });
    expect(refusal(unsafe)).to.deep.equal([403, 'secret_not_env_safe']);
  });

  it('are revoked only by their owner, and stay revoked', async () => {
    const { jti } = (await issue({})).json;
    const bob = await running().as(newUser());
    expect(refusal(await bob.call('delete', `/tickets/${jti}`))).to.deep.equal([404, 'ticket_unknown']);
    expect((await alice.call('delete', `/tickets/${jti}`)).status).to.equal(204);
    const revokedAt = (await alice.call('get', '/tickets')).json.items[0]!.revokedAt;
    expect(revokedAt).to.be.a('string');
    expect((await alice.call('delete', `/tickets/${jti}`)).status).to.equal(204);
    expect((await alice.call('get', '/tickets')).json.items[0]!.revokedAt).to.equal(revokedAt);
    expect(refusal(await alice.call('delete', '/tickets/x'))).to.deep.equal([404, 'ticket_unknown']);
  });
});

describe('the operator’s limits', () => {
  it('bound tickets, values and requests', async () => {
    const running = await startTestConsole('SQLite', {
      TWOFOLD_TICKET_LIFE_SECONDS: '100',
      TWOFOLD_TICKET_LIFE_MAX_SECONDS: '200',
      TWOFOLD_MAX_VALUE_BYTES: '10',
      TWOFOLD_RATE_LIMIT_PER_MINUTE: '6',
    });
    try {
      const alice = await running.as('alice');
      const create = (name: string, value: string): Promise<Reply> =>
        alice.call('post', '/secrets', { body: { name, value } });
      expect(refusal(await create('a', 'x'.repeat(11)))).to.deep.equal([422, 'value_too_large']);
      expect((await create('a', 'x'.repeat(10))).status).to.equal(201);
      const claims = decodeJwt(await ticketFor(alice));
      expect(claims.exp! - claims.iat!).to.equal(100);
      const ask = (ttlSeconds: number): Promise<Reply> =>
        alice.call('post', '/tickets', { body: { namespace: NAMESPACE, secrets: ['a'], ttlSeconds } });
      expect((await ask(200)).status).to.equal(201);
      expect(refusal(await ask(201))).to.deep.equal([422, 'ttl_too_long']);
      expect((await alice.call('get', '/secrets')).status).to.equal(200);
      const limited = await alice.call('get', '/secrets');
      expect(refusal(limited)).to.deep.equal([429, 'rate_limited']);
      expect(Number(limited.headers['retry-after'])).to.be.within(1, 60);
      expect((await (await running.as('bob')).call('get', '/secrets')).status).to.equal(200);
      const nobody = running.withBearer('x');
      const answers = [];
      for (let n = 0; n < 7; n += 1) answers.push(refusal(await nobody.call('get', '/secrets'))[1]);
      expect(answers.slice(5)).to.deep.equal(['bearer_rejected', 'rate_limited']);
    } finally {
      await running.stop();
    }
  });

  it('apply to variables, which a ticket may ask for only where they are turned on', async () => {
    const running = await startTestConsole('SQLite', { TWOFOLD_ENV_ENABLED: 'false' });
    try {
      const alice = await running.as('alice');
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
      const ask = (env: object): Promise<Reply> =>
        alice.call('post', '/tickets', { body: { namespace: NAMESPACE, secrets: ['a'], ...env } });
      const refused = await ask({ env: [{ variable: 'A', name: 'a' }] });
      expect(refusal(refused)).to.deep.equal([403, 'env_disabled']);
      expect((await ask({ env: [] })).status).to.equal(201);
    } finally {
      await running.stop();
    }
  });

  it('apply to namespaces: tickets are for enabled ones, by name, pattern or label, and resolve looks again', async () => {
    const running = await startTestConsole('SQLite', {
      TWOFOLD_NAMESPACES: 'team,jupyter-*,twofold.dev/sessions=enabled',
    });
    const exists = (name: string, labels: object): void => {
      running.kubernetes.namespaces.set(`/api/v1/namespaces/${name}`, { metadata: { name, labels } });
    };
    try {
      const alice = await running.as('alice');
      await alice.call('post', '/secrets', { body: { name: 'a', value: 'v' } });
      const ask = (namespace: string): Promise<Reply> =>
        alice.call('post', '/tickets', { body: { namespace, secrets: ['a'] } });
      exists('labelled', { 'twofold.dev/sessions': 'enabled' });
      exists('other', {});
      for (const namespace of ['team', 'jupyter-alice', 'labelled'])
        expect((await ask(namespace)).status, namespace).to.equal(201);
      const refused = await ask('other');
      expect(refusal(refused)).to.deep.equal([403, 'namespace_not_enabled']);
      expect(refused.text).to.contain('not enabled in namespace \\"other\\"; ask the cluster’s operator');
      // It may be made with the label; if it was not, the pod is refused.
      const early = await ask('not-yet');
      expect(early.status).to.equal(201);
      const { ticket } = early.json;
      const start = (dryRun: boolean): Promise<Reply> =>
        resolve(running, { ticket, namespace: 'not-yet', names: ['a'], dryRun });
      for (const dryRun of [false, true])
        expect(refusal(await start(dryRun))).to.deep.equal([403, 'namespace_not_enabled']);
      exists('not-yet', { 'twofold.dev/sessions': 'enabled' });
      expect((await start(false)).status).to.equal(200);
      running.kubernetes.failWith = 500;
      expect(refusal(await ask('other'))).to.deep.equal([503, 'kubernetes_unavailable']);
      expect((await ask('team')).status, 'a name needs no answer').to.equal(201);
    } finally {
      await running.stop();
    }
  });
});
