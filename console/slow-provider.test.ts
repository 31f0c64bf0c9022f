import { expect } from 'chai';
import { callJson } from './testing/api-client.ts';
import { newUser, startTestConsole, type TestConsole } from './testing/console.ts';
import type { TestIdentityProvider } from './testing/identity-provider.ts';
import { CLIENT_ID, logIn, visitor } from './testing/login-provider.ts';

const DISCOVERY = '/.well-known/openid-configuration';

interface Tried {
  readonly running: TestConsole;
  readonly login: { status: number; retryAfter: unknown; page: string; tookMs: number };
  readonly bearer: { status: number; code: string; tookMs: number };
}

async function timed<T>(ask: () => Promise<T>): Promise<[T, number]> {
  const from = performance.now();
  return [await ask(), performance.now() - from];
}

/** A login on the page and a call with a bearer, concurrent, at a console that has not yet reached its provider. */
async function tryIt(slow: TestIdentityProvider['slow']): Promise<Tried> {
  const running = await startTestConsole('SQLite', { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
  running.provider.slow = slow;
  const user = newUser();
  const authorization = `Bearer ${await running.provider.token(user)}`;
  const url = `${running.urlOf('public')}/api/v1/secrets`;
  const [[login, loginMs], [bearer, bearerMs]] = await Promise.all([
    timed(() => logIn(running, visitor(running), user)),
    timed(() => callJson(running.client, { method: 'GET', url }, { headers: { authorization } })),
  ]);
  const retryAfter = login.headers['retry-after'];
  return {
    running,
    login: { status: login.status, retryAfter, page: login.body.toString(), tookMs: loginMs },
    bearer: { status: bearer.status, code: bearer.json.code, tookMs: bearerMs },
  };
}

const cases = [
  { what: 'does not answer', slow: { path: DISCOVERY, how: 'silent' }, bearers: true },
  { what: 'answers without end', slow: { path: DISCOVERY, how: 'trickling' }, bearers: true },
  { what: 'sends its keys without end', slow: { path: '/keys', how: 'trickling' }, bearers: true },
  { what: 'sends no token', slow: { path: '/token', how: 'silent' }, bearers: false },
] as const;

describe('a console whose identity provider', function () {
  this.timeout(30_000);
  // All at the same time: each waits five seconds.
  const trying = new Map<string, Promise<Tried>>();
  before(() => {
    for (const { what, slow } of cases) trying.set(what, tryIt(slow));
  });
  after(async () => {
    for (const tried of trying.values()) await (await tried).running.stop();
  });

  for (const { what, bearers } of cases) {
    it(`${what} says so in bounded time, and works once it does`, async () => {
      const { running, login, bearer } = (await trying.get(what)) as Tried; // begun above
      expect([login.status, login.retryAfter]).to.deep.equal([503, '2']);
      expect(login.page).to.contain('does not answer').and.to.contain('Try again');
      expect(login.tookMs).to.be.within(4_900, 10_000);
      if (bearers) {
        expect([bearer.status, bearer.code]).to.deep.equal([503, 'identity_provider_unavailable']);
        expect(bearer.tookMs).to.be.within(4_900, 10_000);
      } else expect(bearer.status).to.equal(200);
      running.provider.slow = undefined;
      running.clock.offsetMs = 3_000;
      const again = await logIn(running, visitor(running), newUser());
      expect(again.headers['location']).to.equal('/secrets');
      expect((await (await running.as(newUser())).call('get', '/secrets')).status).to.equal(200);
    });
  }
});
