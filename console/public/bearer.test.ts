import { expect } from 'chai';
import { newUser, onEachDatabase, startTestConsole, type TestConsole } from '../testing/console.ts';
import type { TokenOptions } from '../testing/identity-provider.ts';

onEachDatabase('bearers', (running) => {
  const answer = async (
    sub: string | undefined,
    options: TokenOptions,
  ): Promise<[number, string | undefined]> => {
    const client = running().withBearer(await running().provider.token(sub, options));
    const { status, json } = await client.call('get', '/secrets');
    return [status, json.code];
  };
  const rejected = [401, 'bearer_rejected'];

  it('accepts access tokens of the four algorithms', async () => {
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
      expect(await answer(newUser(), { alg }), alg).to.deep.equal([200, undefined]);
    }
  });

  it('rejects a token that is not an access token for this console from its provider', async () => {
    const user = newUser();
    const bad: Record<string, TokenOptions> = {
      'another issuer': { issuer: 'https://elsewhere.example.org' },
      'another audience': { audience: 'another' },
      'another algorithm': { alg: 'ES384' },
      'an ID token by type': { typ: 'JWT' },
      'an ID token by nonce': { claims: { nonce: 'n' } },
      expired: { expiresInSeconds: -61 },
      'not yet valid': { notBeforeInSeconds: 90 },
      'an unknown key': { unpublished: true },
    };
    for (const [why, options] of Object.entries(bad)) {
      expect(await answer(user, options), why).to.deep.equal(rejected);
    }
    expect(await answer(undefined, {})).to.deep.equal(rejected);
    expect(await answer('x'.repeat(256), {})).to.deep.equal(rejected);
  });

  it('tolerates a provider’s clock that is 60 s ahead or behind, but not much more', async () => {
    // A provider whose clock is behind issues a token that has already expired here.
    for (const clockSeconds of [60, -60])
      expect(await answer(newUser(), { clockSeconds, expiresInSeconds: 30 })).to.deep.equal([200, undefined]);
    for (const clockSeconds of [70, -100])
      expect(await answer(newUser(), { clockSeconds, expiresInSeconds: 30 })).to.deep.equal(rejected);
  });

  it('rejects a missing, mangled or unsigned token, and says how to send one', async () => {
    const missing = await running().withBearer(undefined).call('get', '/secrets');
    expect([missing.status, missing.json.code]).to.deep.equal(rejected);
    expect(missing.headers['www-authenticate']).to.equal('Bearer realm="twofold"');
    const good = await running().provider.token(newUser());
    const [header = '', payload = ''] = good.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const bearer of [
      'x',
      'x y',
      `${header}.${payload}.`,
      `${none}.${payload}.`,
      `${good}x`,
      'a'.repeat(20_000),
    ]) {
      const reply = await running()
        .withBearer(undefined)
        .call('get', '/secrets', { headers: { authorization: `Bearer ${bearer}` } })
        .catch(() => undefined);
      // A header of 20,000 characters does not get past Node at all.
      if (bearer.length > 16_000) continue;
      expect([reply?.status, reply?.json.code], bearer.slice(0, 10)).to.deep.equal(rejected);
      expect(reply?.headers['www-authenticate']).to.equal('Bearer realm="twofold", error="invalid_token"');
    }
  });

  it('identifies a user by issuer and sub, whatever other claims say', async () => {
    const user = newUser();
    const first = await running().as(user, { claims: { preferred_username: 'one' } });
    await first.call('post', '/secrets', { body: { name: 'mine', value: 'v' } });
    const again = await running().as(user, { claims: { preferred_username: 'two' } });
    expect((await again.call('get', '/secrets')).json.items).to.have.length(1);
    const namesake = await running().as(newUser(), { claims: { preferred_username: 'one' } });
    expect((await namesake.call('get', '/secrets')).json.items).to.have.length(0);
  });

  it('creates one owner for a new user who sends several requests at the same time', async () => {
    const bearer = await running().provider.token(newUser());
    const client = running().withBearer(bearer);
    const replies = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => client.call('post', '/secrets', { body: { name, value: 'v' } })),
    );
    expect(replies.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201]);
    expect((await client.call('get', '/secrets')).json.items).to.have.length(4);
  });
});

describe('the identity provider', () => {
  let running: TestConsole;
  before(async () => {
    running = await startTestConsole('SQLite', { TWOFOLD_OIDC_TOKEN_TYPE: 'JWT' });
  });
  after(() => running.stop());

  it('may be down when the console starts, and is found when it is back', async () => {
    running.provider.down = true;
    const client = await running.as('alice', { typ: 'JWT' });
    const reply = await client.call('get', '/secrets');
    expect([reply.status, reply.json.code]).to.deep.equal([503, 'identity_provider_unavailable']);
    expect(reply.headers['retry-after']).to.equal('1');
    running.provider.down = false;
    running.clock.offsetMs += 3_000;
    expect((await client.call('get', '/secrets')).status).to.equal(200);
  });

  it('is not needed for each request once its keys are known', async () => {
    running.provider.down = true;
    expect((await (await running.as('alice', { typ: 'JWT' })).call('get', '/secrets')).status).to.equal(200);
    running.provider.down = false;
  });

  it('may sign access tokens of another type where the operator says so', async () => {
    const reply = await (await running.as('alice', { typ: 'at+jwt' })).call('get', '/secrets');
    expect(reply.json.code).to.equal('bearer_rejected');
  });
});
