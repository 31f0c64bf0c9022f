import { expect } from 'chai';
import { decodeProtectedHeader } from 'jose';
import type { HttpsAnswer } from '#platform/https-client.ts';
import { newUser, startTestConsole, type TestConsole } from '../testing/console.ts';
import type { TokenOptions } from '../testing/identity-provider.ts';
import { CLIENT_ID, logIn, visitor, type Visit } from '../testing/login-provider.ts';
import { returnPath } from './login.ts';

async function isLoggedIn(visit: Visit): Promise<boolean> {
  return (await visit.get('/secrets')).status === 200;
}
function text({ body }: HttpsAnswer): string {
  return body.toString('utf8');
}

describe('the page’s login', () => {
  let running: TestConsole;
  before(async () => {
    running = await startTestConsole('SQLite', {
      TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID,
      TWOFOLD_WEB_IDLE_SECONDS: '600',
    });
  });
  after(() => running.stop());
  beforeEach(() => {
    running.clock.offsetMs = 0;
    running.provider.down = false;
  });

  it('asks for a code with PKCE, state and nonce, and opens a session', async () => {
    const visit = visitor(running);
    const began = await visit.get('/login');
    const asked = Object.fromEntries(new URL(String(began.headers['location'])).searchParams);
    expect(asked).to.include({
      response_type: 'code',
      code_challenge_method: 'S256',
      client_id: CLIENT_ID,
      scope: 'openid profile email',
      redirect_uri: 'https://twofold.example.org/login/callback',
    });
    for (const random of ['state', 'nonce', 'code_challenge']) expect(asked[random]).to.have.length(43);
    const user = newUser();
    expect((await logIn(running, visit, user, { claims: { name: 'Ada' } })).headers['location']).to.equal(
      '/secrets',
    );
    expect(text(await visit.get('/secrets'))).to.contain('Ada');
  });

  it('leaves what is below the API to problem documents, even for a browser', async () => {
    const bearer = await running.provider.token(newUser());
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/nowhere', '/api/v1/secrets/', '/page/v1/nowhere']) {
      const visit = visitor(running);
      await logIn(running, visit, newUser());
      const answer = await visit.get(path, { authorization: `Bearer ${bearer}`, accept: 'text/html' });
      expect(answer.headers['content-type'], path).to.match(/^application\/problem\+json/);
    }
    const { status, body } = await visitor(running).get('/api/v1/nowhere', {
      authorization: `Bearer ${bearer}`,
    });
    expect([status, (JSON.parse(body.toString()) as { code: string }).code]).to.deep.equal([
      404,
      'not_found',
    ]);
  });

  it('finds the same owner as a bearer of the same person', async () => {
    const [visit, user] = [visitor(running), newUser()];
    await (await running.as(user)).call('post', '/secrets', { body: { name: 'of-the-bearer', value: 'v' } });
    await logIn(running, visit, user);
    expect(text(await visit.get('/secrets'))).to.contain('of-the-bearer');
  });

  it('refuses what the provider did not answer to this login', async () => {
    const bad = {
      'another nonce': { claims: { nonce: 'other' } },
      'another audience': { audience: 'other' },
      'another issuer': { issuer: 'https://elsewhere.example.org' },
      'an unpublished key': { unpublished: true },
      expired: { expiresInSeconds: -90 },
    };
    for (const [why, options] of Object.entries(bad)) {
      const visit = visitor(running);
      expect((await logIn(running, visit, newUser(), options)).status, why).to.equal(400);
      expect(await isLoggedIn(visit), why).to.equal(false);
    }
    const visit = visitor(running);
    await visit.get('/login');
    expect((await visit.get('/login/callback?code=c&state=other')).status).to.equal(400);
    expect((await visit.get('/login/callback?code=c&state=other')).status).to.equal(400);
  });

  it('says so when the person was not logged in', async () => {
    const visit = visitor(running);
    const began = await visit.get('/login');
    const state = new URL(String(began.headers['location'])).searchParams.get('state') ?? '';
    const answer = await visit.get(`/login/callback?error=access_denied&state=${state}`);
    expect([answer.status, text(answer)]).to.satisfy(
      ([status, page]: [number, string]) => status === 400 && page.includes('did not log you in'),
    );
  });

  it('tolerates a provider’s clock that is 60 s ahead or behind, but not much more', async () => {
    // A provider whose clock is behind issues a token that has already expired here.
    for (const clockSeconds of [60, -60]) {
      const options = { clockSeconds, expiresInSeconds: 30 };
      expect((await logIn(running, visitor(running), newUser(), options)).headers['location']).to.equal(
        '/secrets',
      );
    }
    for (const clockSeconds of [70, -100]) {
      const options = { clockSeconds, expiresInSeconds: 30 };
      expect((await logIn(running, visitor(running), newUser(), options)).status).to.equal(400);
    }
  });

  it('goes on immediately when the provider has rotated its keys, and accepts nothing signed with the old ones', async () => {
    const to = async (options: TokenOptions = {}): Promise<unknown> =>
      (await logIn(running, visitor(running), newUser(), options)).headers['location'];
    expect(await to()).to.equal('/secrets');
    await running.provider.rotate();
    expect(await to()).to.equal('/secrets');
    expect(await to({ replaced: true })).to.equal(undefined);
  });

  it('says that the provider is down, in a page with the next step, and works when it is back', async () => {
    const visit = visitor(running);
    expect((await logIn(running, visit, newUser())).headers['location']).to.equal('/secrets');
    running.clock.offsetMs = 11_000;
    running.provider.down = true;
    const answer = await visit.get('/login');
    expect([answer.status, answer.headers['retry-after']]).to.deep.equal([503, '2']);
    expect(text(answer)).to.contain('does not answer').and.to.contain('Try again');
    running.provider.down = false;
    running.clock.offsetMs += 3_000;
    expect((await logIn(running, visit, newUser())).headers['location']).to.equal('/secrets');
  });

  it('ends when unused, and by age, whatever the cookie says', async () => {
    const visit = visitor(running);
    await logIn(running, visit, newUser());
    for (const minutes of [9, 18]) {
      running.clock.offsetMs = minutes * 60_000;
      expect(await isLoggedIn(visit), `${minutes} minutes`).to.equal(true);
    }
    running.clock.offsetMs = 29 * 60_000;
    expect(await isLoggedIn(visit)).to.equal(false);
    const busy = visitor(running);
    await logIn(running, busy, newUser());
    const from = running.clock.offsetMs;
    for (let minutes = 9; minutes < 720; minutes += 9) {
      running.clock.offsetMs = from + minutes * 60_000;
      expect(await isLoggedIn(busy), `${minutes} minutes`).to.equal(true);
    }
    running.clock.offsetMs = from + 720 * 60_000;
    expect(await isLoggedIn(busy)).to.equal(false);
  });

  it('is in no cookie that was changed, or sealed with another key', async () => {
    const visit = visitor(running);
    await logIn(running, visit, newUser());
    const cookie = visit.cookies.get('__Host-twofold') ?? '';
    expect(decodeProtectedHeader(cookie)).to.include({ alg: 'dir', enc: 'A256GCM' });
    for (const changed of ['x', `${cookie}x`, cookie.slice(0, -2), cookie.replace(/^[^.]*/, '')]) {
      visit.cookies.set('__Host-twofold', changed);
      expect(await isLoggedIn(visit), changed.slice(-5)).to.equal(false);
    }
    visit.cookies.set('__Host-twofold', visit.cookies.get('__Host-twofold-login') ?? '');
    expect(await isLoggedIn(visit)).to.equal(false);
    visit.cookies.set('__Host-twofold', cookie);
    expect(await isLoggedIn(visit)).to.equal(true);
  });

  it('leads back only to pages of this console', () => {
    const origin = 'https://twofold.example.org';
    const to = (address: unknown): string => returnPath(address, origin);
    expect(to('/secret/db-password/replace')).to.equal('/secret/db-password/replace');
    expect(to('/launch?namespace=a&return_to=https%3A%2F%2Fhub')).to.contain('return_to');
    for (const bad of [
      'https://evil.example.org/secrets',
      '//evil.example.org/secrets',
      '/\\evil.example.org/secrets',
      'javascript:alert(1)',
      '/api/v1/secrets',
      '/logout',
      'secrets',
      '',
      undefined,
      ['/secrets'],
      `/new?${'x'.repeat(3000)}`,
      '/\t/evil.example.org/secrets',
      'https://twofold.example.org@evil.example.org/secrets',
    ]) {
      expect(to(bad), String(bad)).to.equal('/secrets');
    }
  });
});

describe('the page', () => {
  it('does not exist without a client at the provider, and says so', async () => {
    const running = await startTestConsole('SQLite');
    try {
      const visit = visitor(running);
      const answer = await visit.get('/');
      expect([answer.status, text(answer)]).to.satisfy(
        ([status, page]: [number, string]) => status === 200 && page.includes('serves programs only'),
      );
      expect((await visit.get('/secrets')).status).to.equal(404);
      expect((await visit.get('/login')).status).to.equal(404);
    } finally {
      await running.stop();
    }
  });

  it('limits the requests of each person and each address, with a page and Retry-After', async () => {
    const running = await startTestConsole('SQLite', {
      TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID,
      TWOFOLD_RATE_LIMIT_PER_MINUTE: '6',
    });
    try {
      const visit = visitor(running);
      await logIn(running, visit, newUser());
      const answers: number[] = [];
      for (let n = 0; n < 7; n += 1) answers.push((await visit.get('/secrets')).status);
      expect(answers).to.deep.equal([200, 200, 200, 200, 200, 200, 429]);
      const stranger = visitor(running);
      const strangers: HttpsAnswer[] = [];
      for (let n = 0; n < 7; n += 1) strangers.push(await stranger.get('/login'));
      const last = strangers.at(-1);
      expect(last?.status).to.equal(429);
      expect(Number(last?.headers['retry-after'])).to.be.within(1, 60);
      expect(last ? text(last) : '').to.contain('Too many requests');
    } finally {
      await running.stop();
    }
  });
});
