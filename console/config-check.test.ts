import { expect } from 'chai';
import { parseSettings } from '#platform/settings.ts';
import { ed25519Pair, octJwk, rsaPair } from '../test/keys.ts';
import { contradictionsOf } from './config-check.ts';
import { consoleSettings } from './config.ts';

function set(...keys: readonly object[]): string {
  return JSON.stringify({ keys });
}
const ticket = ed25519Pair();

const files: Record<string, string> = {
  TWOFOLD_AT_REST_KEYS_FILE: set(octJwk(), octJwk()),
  TWOFOLD_TICKET_KEYS_FILE: set(ticket.privateJwk, ed25519Pair().publicJwk),
  TWOFOLD_COOKIE_KEYS_FILE: set(octJwk(), octJwk()),
  TWOFOLD_RECORD_KEYS_FILE: set(octJwk(), octJwk()),
  TWOFOLD_ENVELOPE_KEYS_FILE: set(rsaPair().publicJwk),
  TWOFOLD_GRANT_KEYS_FILE: set(ed25519Pair().publicJwk),
};

async function check(
  changed: Record<string, string>,
  database: Record<string, string> = {},
): Promise<string[]> {
  const contents = { ...files, ...changed };
  const env = {
    TWOFOLD_PUBLIC_URL: 'https://t.example.org',
    TWOFOLD_CLUSTER: 'c',
    TWOFOLD_TLS_DIR: '/tls',
    TWOFOLD_OIDC_ISSUER: 'https://id.example.org/',
    TWOFOLD_OIDC_AUDIENCE: 'twofold',
    TWOFOLD_DATABASE_URL: 'sqlite:/x.db',
    TWOFOLD_SQLITE_ADDON: '/addon.node',
    ...Object.fromEntries(Object.keys(files).map((variable) => [variable, variable])),
    ...database,
  };
  const parsed = await parseSettings(consoleSettings, env, (path) => Promise.resolve(contents[path] ?? ''));
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  return contradictionsOf(parsed.value);
}

describe('settings of the console that contradict each other', () => {
  it('are none where each key serves one use', async () => {
    expect(await check({})).to.deep.equal([]);
  });

  const symmetric = ['AT_REST', 'COOKIE', 'RECORD'].map((use) => `TWOFOLD_${use}_KEYS_FILE`);
  for (const one of symmetric) {
    for (const other of symmetric.filter((name) => name > one)) {
      it(`are ${one} and ${other} with one key in both, however old it is there`, async () => {
        const shared = octJwk();
        const problems = await check({ [one]: set(octJwk(), shared), [other]: set(shared, octJwk()) });
        expect(problems).to.have.length(1);
        expect(problems[0])
          .to.include(one)
          .and.to.include(other)
          .and.to.include('each use needs keys of its own');
        expect(problems[0], 'the key').not.to.include(String(shared['k']));
      });
    }
  }

  it('are ticket and grant keys with one in both, whichever half is listed', async () => {
    for (const shared of [ticket, ed25519Pair()]) {
      const [problem, ...more] = await check({
        TWOFOLD_TICKET_KEYS_FILE: set(ticket.privateJwk, ...(shared === ticket ? [] : [shared.publicJwk])),
        TWOFOLD_GRANT_KEYS_FILE: set(ed25519Pair().publicJwk, shared.publicJwk),
      });
      expect(problem).to.include('TWOFOLD_TICKET_KEYS_FILE').and.to.include('TWOFOLD_GRANT_KEYS_FILE');
      expect(more).to.deep.equal([]);
    }
  });

  it('are two addresses of a database; and all contradictions are said at once', async () => {
    const shared = set(octJwk());
    const problems = await check(
      { TWOFOLD_AT_REST_KEYS_FILE: shared, TWOFOLD_COOKIE_KEYS_FILE: shared, '/url': 'sqlite:/y.db' },
      { TWOFOLD_DATABASE_URL_FILE: '/url' },
    );
    expect(problems).to.have.length(2);
    expect(problems[0]).to.include('exactly one of TWOFOLD_DATABASE_URL');
  });
});
