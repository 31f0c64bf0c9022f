/** What identity providers write into their tokens, by their documentation or (Keycloak, Dex) as seen here. */
import { expect } from 'chai';
import { newUser, startTestConsole, type TestConsole } from '../testing/console.ts';
import { CLIENT_ID } from '../testing/login-provider.ts';

type Claims = Readonly<Record<string, unknown>>;

interface Shape {
  readonly provider: string;
  /** Of the header. */
  readonly typ: string | undefined;
  readonly access: Claims;
  readonly others: Readonly<Record<string, Claims>>;
}

const idClaims = { auth_time: 1, amr: ['pwd'], name: 'Ada', email: 'ada@example.org' };
const shapes: readonly Shape[] = [
  {
    provider: 'RFC 9068',
    typ: 'at+jwt',
    access: { client_id: 'hub', jti: 'j', scope: 'openid' },
    others: { id: { ...idClaims, nonce: 'n' }, 'refreshed id': { ...idClaims, at_hash: 'h' } },
  },
  {
    provider: 'Keycloak',
    typ: 'JWT',
    access: { typ: 'Bearer', azp: 'hub', sid: 's', scope: 'openid profile', acr: '1' },
    others: {
      id: { typ: 'ID', azp: 'hub', nonce: 'n', at_hash: 'h' },
      'refreshed id': { typ: 'ID', azp: 'hub', sid: 's' },
      refresh: { typ: 'Refresh', azp: 'hub', scope: 'openid' },
      offline: { typ: 'Offline', azp: 'hub', scope: 'openid offline_access' },
      logout: { typ: 'Logout', sid: 's', events: {} },
      'proof-bound access': { typ: 'DPoP', azp: 'hub', scope: 'openid' },
    },
  },
  {
    provider: 'Okta',
    typ: undefined,
    access: { ver: 1, jti: 'AT.j', cid: '0oa1', uid: '00u1', scp: ['openid'] },
    others: { id: { ...idClaims, ver: 1, jti: 'ID.j', nonce: 'n', at_hash: 'h' } },
  },
  {
    provider: 'Cognito',
    typ: undefined,
    access: { token_use: 'access', client_id: 'hub', scope: 'openid', version: 2, username: 'ada' },
    others: { id: { ...idClaims, token_use: 'id', 'cognito:username': 'ada' } },
  },
  {
    provider: 'PingFederate, PingOne',
    typ: undefined,
    access: { scope: 'openid', client_id: 'hub' },
    others: { id: { ...idClaims, nonce: 'n', 'pi.sri': 's' }, 'refreshed id': { ...idClaims, at_hash: 'h' } },
  },
  {
    provider: 'PingAM',
    typ: 'JWT',
    access: { tokenName: 'access_token', token_type: 'Bearer', scope: ['openid'], realm: '/' },
    others: { id: { ...idClaims, tokenName: 'id_token', tokenType: 'JWTToken' } },
  },
  {
    provider: 'Entra',
    typ: 'JWT',
    access: { ver: '2.0', azp: 'hub', azpacr: '1', scp: 'secrets', oid: 'o', tid: 't' },
    others: { id: { ...idClaims, ver: '2.0', nonce: 'n', oid: 'o', tid: 't' } },
  },
  {
    provider: 'Auth0',
    typ: 'JWT',
    access: { azp: 'hub', scope: 'openid profile' },
    others: { id: { ...idClaims, nonce: 'n', sid: 's' }, 'code’s id': { ...idClaims, c_hash: 'h' } },
  },
];

/** Dex writes access tokens as ID tokens: with `at_hash`, and the login's nonce. */
const dex = { name: 'ada', email: 'ada@example.org', at_hash: 'h' };

describe('tokens as identity providers write them', function () {
  this.timeout(30_000);
  const consoles = new Map<string, TestConsole>();
  before(async () => {
    for (const type of ['at+jwt', 'JWT'])
      consoles.set(type, await startTestConsole('SQLite', { TWOFOLD_OIDC_TOKEN_TYPE: type }));
  });
  after(async () => {
    for (const running of consoles.values()) await running.stop();
  });

  interface Token {
    readonly typ: string | undefined;
    readonly claims: Claims;
    readonly audience?: string;
  }
  const answer = async (running: TestConsole, token: Token): Promise<[number, string, string]> => {
    const { status, json } = await (await running.as(newUser(), token)).call('get', '/secrets');
    return [status, json.code, json.detail];
  };
  const at = (type: string, token: Token) => answer(consoles.get(type)!, token);

  for (const { provider, typ, access, others } of shapes) {
    const [own, other] = typ === 'at+jwt' ? ['at+jwt', 'JWT'] : ['JWT', 'at+jwt'];

    it(`are accepted from ${provider} with its type, and with no other`, async () => {
      expect((await at(own, { typ, claims: access }))[0]).to.equal(200);
      const [status, code, detail] = await at(other, { typ, claims: access });
      expect([status, code]).to.deep.equal([401, 'bearer_rejected']);
      expect(detail)
        .to.contain(`the typ "${typ ?? 'JWT'}"`)
        .and.to.contain(`takes ${other} (TWOFOLD_OIDC`);
    });

    it(`are refused from ${provider} if they are no access tokens, whatever the setting`, async () => {
      for (const [kind, claims] of Object.entries(others)) {
        for (const [type, types] of [
          ['at+jwt', ['at+jwt', 'application/at+jwt']],
          ['JWT', ['JWT', 'jwt', undefined]],
        ] as const) {
          for (const each of types) {
            const [status, code, detail] = await at(type, { typ: each, claims });
            expect([status, code], `${kind} ${type}`).to.deep.equal([401, 'bearer_rejected']);
            expect(detail, kind).to.contain('not an access token');
          }
        }
      }
    });
  }

  it('are refused from Dex: they cannot be told from ID tokens', async () => {
    for (const claims of [dex, { ...dex, nonce: 'n' }])
      expect((await at('JWT', { typ: undefined, claims }))[2]).to.contain('an ID token, not an access token');
  });

  it('are refused with a type that is none', async () => {
    const token = { typ: 7 as never, claims: { scope: 'openid' } };
    for (const type of ['at+jwt', 'JWT']) expect((await at(type, token))[1]).to.equal('bearer_rejected');
  });

  it('say which issuer and audience were expected and found', async () => {
    const running = consoles.get('JWT')!;
    const { provider } = running;
    const detailOf = async (options: object): Promise<string> => {
      const bearer = await provider.token('alice', { typ: 'JWT', ...options });
      return (await running.withBearer(bearer).call('get', '/secrets')).json.detail;
    };
    const issuer = 'https://sts.windows.net/t/';
    expect(await detailOf({ issuer }))
      .to.contain(`iss is "${issuer}"`)
      .and.to.contain(`"${provider.issuer}"`);
    expect(await detailOf({ audience: 'account' }))
      .to.contain('aud is "account"')
      .and.to.contain('"twofold"');
  });

  it('must show what they are where ID tokens have the same audience', async () => {
    const running = await startTestConsole('SQLite', {
      TWOFOLD_OIDC_TOKEN_TYPE: 'JWT',
      TWOFOLD_OIDC_AUDIENCE: CLIENT_ID,
      TWOFOLD_OIDC_CLIENT_ID: CLIENT_ID,
    });
    try {
      const told = (claims: Claims) => answer(running, { typ: 'JWT', audience: CLIENT_ID, claims });
      // As Entra writes an ID token when it is refreshed.
      const [status, , detail] = await told({ ver: '2.0', oid: 'o', tid: 't', name: 'Ada' });
      expect(status).to.equal(401);
      expect(detail).to.contain('does not show that it is an access token');
      for (const { access, typ } of shapes)
        if (typ !== 'at+jwt') expect((await told(access))[0]).to.equal(200);
    } finally {
      await running.stop();
    }
  });
});
