import { expect } from 'chai';
import { eventually } from '../test/eventually.ts';
import { newUser, startTestConsole, type TestConsole } from './testing/console.ts';
import { CLIENT_ID, logIn, visitor } from './testing/login-provider.ts';

/** Its issuer as the operator wrote it, and as the provider does. */
interface Case {
  readonly what: string;
  readonly configured: (issuer: string) => string;
  readonly claimed: (issuer: string) => string;
  readonly next: string;
}

const cases: readonly Case[] = [
  {
    what: 'whose issuer ends with a slash that the setting lacks',
    configured: (issuer) => issuer,
    claimed: (issuer) => `${issuer}/`,
    next: 'exactly as the provider writes it',
  },
  {
    what: 'whose issuer lacks the slash at the end of the setting',
    configured: (issuer) => `${issuer}/realms/a/`,
    claimed: (issuer) => `${issuer}/realms/a`,
    next: 'exactly as the provider writes it',
  },
  {
    what: 'that calls itself http, as behind a proxy',
    configured: (issuer) => issuer,
    claimed: (issuer) => issuer.replace('https:', 'http:'),
    next: 'exactly as the provider writes it',
  },
  {
    what: 'of every tenant, as Entra’s common endpoint',
    configured: (issuer) => `${issuer}/common/v2.0`,
    claimed: (issuer) => `${issuer}/{tenantid}/v2.0`,
    next: 'shared by many tenants; the operator must set the issuer of one',
  },
];

describe('a console with an identity provider', function () {
  this.timeout(30_000);
  let running: TestConsole;
  before(async () => {
    running = await startTestConsole('SQLite', { TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID });
  });
  after(() => running.stop());

  /** Starts the console again with these issuers; the lines of its log since then. */
  const begin = async (configured: string, claimed: string): Promise<() => readonly string[]> => {
    running.provider.claimedIssuer = claimed;
    const from = running.logs.length;
    await running.restart({ TWOFOLD_OIDC_ISSUER: configured });
    return () => running.logs.slice(from);
  };

  for (const { what, configured, claimed, next } of cases) {
    it(`${what} says what was expected and found, and nothing of an outage`, async () => {
      const { provider } = running;
      const [expected, found] = [configured(provider.issuer), claimed(provider.issuer)];
      const logs = await begin(expected, found);
      const told = (text: string): void => {
        for (const part of [`"${expected}"`, `"${found}"`, next]) expect(text).to.contain(part);
      };
      await eventually('it is in the log before anybody logs in', () =>
        Promise.resolve(logs().some((line) => line.includes('identity provider misconfigured'))),
      );
      const login = await logIn(running, visitor(running), newUser());
      expect([login.status, login.headers['retry-after']]).to.deep.equal([500, undefined]);
      told(login.body.toString().replaceAll('&quot;', '"'));
      const bearer = await (await running.as(newUser(), { issuer: expected })).call('get', '/secrets');
      expect([bearer.status, bearer.json.code, bearer.headers['retry-after']]).to.deep.equal([
        500,
        'identity_provider_misconfigured',
        undefined,
      ]);
      told(bearer.json.detail);
      expect(logs().filter((line) => line.includes('identity provider unavailable'))).to.deep.equal([]);
      const ready = await fetch(`http://127.0.0.1:${running.ports['health']}/readyz`);
      expect(ready.status, 'sessions start without it').to.equal(200);
      // The provider was the one to be corrected.
      provider.claimedIssuer = expected;
      running.clock.offsetMs += 3_000;
      const client = await running.as(newUser(), { issuer: expected });
      expect((await client.call('get', '/secrets')).status).to.equal(200);
    });
  }

  for (const end of ['', '/', '/realms/a', '/application/o/twofold/']) {
    it(`whose issuer ends with “${end}” takes logins and bearers`, async () => {
      const issuer = running.provider.issuer + end;
      const logs = await begin(issuer, issuer);
      const visit = visitor(running);
      expect((await logIn(running, visit, newUser(), { issuer })).headers['location']).to.equal('/secrets');
      const client = await running.as(newUser(), { issuer });
      expect((await client.call('get', '/secrets')).status).to.equal(200);
      expect(logs().filter((line) => line.includes('misconfigured'))).to.deep.equal([]);
    });
  }
});
