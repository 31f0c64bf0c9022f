import { expect } from 'chai';
import type { Jwk } from '#envelope/kid.ts';
import { kidOf } from '#envelope/node-cipher.ts';
import { parseSettings } from '#platform/settings.ts';
import { ed25519Pair, jwkSet, octJwk, rsaPair } from '../test/keys.ts';
import { hub } from '../test/launchers.ts';
import { problemOf } from '../test/refusal.ts';
import { consoleSettings, contradictionsOf, type ConsoleConfig } from './config.ts';
import {
  parseAtRestKeys,
  parseCookieKeys,
  parseEnvelopeKeys,
  parseGrantKeys,
  parseRecordKeys,
  parseTicketKeys,
} from './key-files.ts';
import { databaseUrlOf } from './storage-settings.ts';

const [rsa, ticket, grant, oct] = [rsaPair(), ed25519Pair(), ed25519Pair(), octJwk()];

const files: Record<string, string> = {
  '/at-rest': jwkSet(oct),
  '/cookies': jwkSet(octJwk()),
  '/records': jwkSet(octJwk()),
  '/tickets': jwkSet(ticket.privateJwk),
  '/envelope': jwkSet(rsa.publicJwk),
  '/grants': jwkSet(grant.publicJwk),
  '/url': 'postgres://console:pw@db/twofold\n',
};
const env = {
  TWOFOLD_PUBLIC_URL: 'https://t.example.org/',
  TWOFOLD_CLUSTER: 'c',
  TWOFOLD_TLS_DIR: '/tls',
  TWOFOLD_OIDC_ISSUER: 'https://id.example.org/',
  TWOFOLD_OIDC_AUDIENCE: 'twofold',
  TWOFOLD_NAMESPACES: 'sessions',
  TWOFOLD_AT_REST_KEYS_FILE: '/at-rest',
  TWOFOLD_TICKET_KEYS_FILE: '/tickets',
  TWOFOLD_COOKIE_KEYS_FILE: '/cookies',
  TWOFOLD_RECORD_KEYS_FILE: '/records',
  TWOFOLD_ENVELOPE_KEYS_FILE: '/envelope',
  TWOFOLD_GRANT_KEYS_FILE: '/grants',
  TWOFOLD_DATABASE_URL: 'sqlite:/x.db',
  TWOFOLD_SQLITE_ADDON: '/addon.node',
};
function read(path: string): Promise<string> {
  const content = files[path];
  return content === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(content);
}
/** Undefined removes a variable. */
function parse(changed: Record<string, string | undefined> = {}) {
  return parseSettings(consoleSettings, { ...env, ...changed }, read);
}
async function config(changed: Record<string, string | undefined> = {}): Promise<ConsoleConfig> {
  const parsed = await parse(changed);
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  return parsed.value;
}

function databaseUrlWith(settings: ConsoleConfig): () => string {
  return () => databaseUrlOf(settings);
}

describe('the console’s settings', () => {
  it('need nothing but addresses, names and keys', async () => {
    const { publicUrl, oidcIssuer, maxValueBytes, ticketLifeMaxSeconds, launchers } = await config();
    expect(publicUrl).to.equal('https://t.example.org');
    expect(oidcIssuer, 'compared as it is written').to.equal('https://id.example.org/');
    expect([maxValueBytes, ticketLifeMaxSeconds, launchers]).to.deep.equal([65_536, 2_592_000, undefined]);
  });

  it('are refused all together, by name', async () => {
    const parsed = await parse({
      TWOFOLD_CLUSTER: undefined,
      TWOFOLD_MAX_VALUE_BYTES: '65537',
      TWOFOLD_TYPO: 'x',
      TWOFOLD_OIDC_ISSUER: 'http://id.example.org',
      TWOFOLD_AT_REST_KEYS_FILE: '/nothing',
    });
    const problems = parsed.ok ? [] : parsed.problems.map((problem) => problem.split(' ')[0]);
    expect(problems).to.have.members([
      'TWOFOLD_CLUSTER',
      'TWOFOLD_MAX_VALUE_BYTES',
      'TWOFOLD_TYPO',
      'TWOFOLD_OIDC_ISSUER',
      'TWOFOLD_AT_REST_KEYS_FILE',
    ]);
  });

  it('accept the database’s address from one place, and one with a password only from a file', async () => {
    expect(databaseUrlOf(await config())).to.equal('sqlite:/x.db');
    const fromFile = { TWOFOLD_DATABASE_URL: undefined, TWOFOLD_DATABASE_URL_FILE: '/url' };
    expect(databaseUrlOf(await config(fromFile))).to.equal('postgres://console:pw@db/twofold');
    expect(databaseUrlWith(await config({ TWOFOLD_DATABASE_URL: undefined }))).to.throw('exactly one');
    expect(databaseUrlWith(await config({ TWOFOLD_DATABASE_URL_FILE: '/url' }))).to.throw('exactly one');
    expect(databaseUrlWith(await config({ TWOFOLD_DATABASE_URL: 'postgres://u:pw@db/x' })))
      .to.throw('goes into TWOFOLD_DATABASE_URL_FILE')
      .with.property('message')
      .that.does.not.contain('pw@');
    files['/other'] = 'mysql://u:pw@db/x';
    expect(databaseUrlWith(await config({ ...fromFile, TWOFOLD_DATABASE_URL_FILE: '/other' })))
      .to.throw('neither')
      .with.property('message')
      .that.does.not.contain('pw@');
  });

  it('require the driver for a SQLite file, but not for PostgreSQL', async () => {
    const without = { TWOFOLD_SQLITE_ADDON: undefined };
    expect(databaseUrlWith(await config(without))).to.throw('set TWOFOLD_SQLITE_ADDON');
    const url = { TWOFOLD_DATABASE_URL: undefined, TWOFOLD_DATABASE_URL_FILE: '/url' };
    expect(databaseUrlOf(await config({ ...without, ...url }))).to.equal('postgres://console:pw@db/twofold');
  });
});

describe('the console’s key files', () => {
  it('keep their order: the newest seals and signs, each is found by its kid', async () => {
    const [other, otherTicket, otherRsa] = [octJwk(), ed25519Pair(), rsaPair()];
    const atRest = await parseAtRestKeys(jwkSet(other, oct));
    expect(atRest.newest.kid).to.equal(kidOf(other));
    expect([...atRest.byKid.keys()]).to.deep.equal([kidOf(other), kidOf(oct)]);
    const tickets = await parseTicketKeys(jwkSet(otherTicket.privateJwk, ticket.publicJwk));
    expect(tickets.signer.kid).to.equal(kidOf(otherTicket.publicJwk));
    expect([...tickets.verifiers.keys()]).to.deep.equal([
      kidOf(otherTicket.publicJwk),
      kidOf(ticket.publicJwk),
    ]);
    const { jwk, wrappedBytes } = await parseEnvelopeKeys(jwkSet(otherRsa.publicJwk, rsa.publicJwk));
    expect(jwk).to.include({ kty: 'RSA', kid: kidOf(otherRsa.publicJwk) });
    expect(wrappedBytes).to.equal(256);
    expect([...(await parseGrantKeys(jwkSet(grant.publicJwk))).keys()]).to.deep.equal([
      kidOf(grant.publicJwk),
    ]);
  });

  it('are refused if empty, duplicated, of another kind, or under a kid that is not their thumbprint', async () => {
    const wrong: [string, () => Promise<unknown>][] = [
      ['no key', () => parseAtRestKeys(jwkSet())],
      ['no list', () => parseAtRestKeys('{}')],
      ['listed twice', () => parseAtRestKeys(jwkSet(oct, oct))],
      ['key 2 is not an oct key', () => parseAtRestKeys(jwkSet(oct, { kty: 'oct', k: 'AAAA' }))],
      ['key 1 is not an oct key', () => parseAtRestKeys(jwkSet('x'))],
      ['thumbprint', () => parseAtRestKeys(jwkSet({ ...oct, kid: 'mine' }))],
      ['key 1 is not an oct key', () => parseCookieKeys(jwkSet(ticket.privateJwk))],
      ['key 2 is not an oct key', () => parseRecordKeys(jwkSet(oct, { ...oct, kty: 'RSA' }))],
      ['key 1 is not an Ed25519 key', () => parseTicketKeys(jwkSet(rsa.privateJwk))],
      ['cannot sign', () => parseTicketKeys(jwkSet(ticket.publicJwk))],
      ['2048, 3072 or 4096 bits', () => parseEnvelopeKeys(jwkSet(rsaPair(1024).publicJwk))],
      // Its envelopes would have a size that no reader takes.
      ['2048, 3072 or 4096 bits', () => parseEnvelopeKeys(jwkSet(rsaPair(2560).publicJwk))],
      ['not an Ed25519', () => parseGrantKeys(jwkSet(rsa.publicJwk))],
    ];
    for (const [why, act] of wrong) expect(await problemOf(act())).to.contain(why);
  });

  it('never hold the keyservice’s private key, and never show part of a key', async () => {
    const secretOf = (jwk: Jwk): string => String(jwk['d']).slice(0, 12);
    expect(await problemOf(parseEnvelopeKeys(jwkSet(rsa.privateJwk))))
      .to.contain('key 1 is not an RSA public key')
      .and.not.to.contain(secretOf(rsa.privateJwk));
    files['/broken'] = `{"keys": [{"kty":"oct","k":"${'S'.repeat(43)}"`;
    const parsed = await parse({ TWOFOLD_AT_REST_KEYS_FILE: '/broken' });
    expect(parsed.ok ? '' : parsed.problems.join())
      .to.contain('/broken')
      .and.not.to.contain('SSS');
  });
});

/** Contradictions if these settings name files with these contents. */
async function contradictions(
  contents: Record<string, string>,
  others: Record<string, string> = {},
): Promise<string[]> {
  const named = Object.fromEntries(Object.keys(contents).map((variable) => [variable, variable]));
  Object.assign(files, contents);
  return contradictionsOf(await config({ ...named, ...others }));
}

describe('settings of the console that contradict each other', () => {
  const symmetric = ['AT_REST', 'COOKIE', 'RECORD'].map((use) => `TWOFOLD_${use}_KEYS_FILE`);

  it('do not exist if each key serves one use', async () => {
    const twoKeys = new Map(symmetric.map((variable) => [variable, jwkSet(octJwk(), octJwk())]));
    const tickets = jwkSet(ticket.privateJwk, ed25519Pair().publicJwk);
    expect(
      await contradictions({ ...Object.fromEntries(twoKeys), TWOFOLD_TICKET_KEYS_FILE: tickets }),
    ).to.deep.equal([]);
  });

  for (const one of symmetric) {
    for (const other of symmetric.filter((name) => name > one)) {
      it(`are ${one} and ${other} with one key in both, however old it is there`, async () => {
        const shared = octJwk();
        const problems = await contradictions({
          [one]: jwkSet(octJwk(), shared),
          [other]: jwkSet(shared, octJwk()),
        });
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
      const [problem, ...more] = await contradictions({
        TWOFOLD_TICKET_KEYS_FILE: jwkSet(ticket.privateJwk, ...(shared === ticket ? [] : [shared.publicJwk])),
        TWOFOLD_GRANT_KEYS_FILE: jwkSet(ed25519Pair().publicJwk, shared.publicJwk),
      });
      expect(problem).to.include('TWOFOLD_TICKET_KEYS_FILE').and.to.include('TWOFOLD_GRANT_KEYS_FILE');
      expect(more).to.deep.equal([]);
    }
  });

  it('are a launcher whose account lives where sessions may be, by name or pattern', async () => {
    const launchers = { TWOFOLD_LAUNCHERS_FILE: JSON.stringify({ launchers: [hub] }) };
    for (const namespaces of ['hub-sessions,hub', 'hu*', '*'])
      expect((await contradictions(launchers, { TWOFOLD_NAMESPACES: namespaces })).join()).to.match(
        /^TWOFOLD_LAUNCHERS_FILE and TWOFOLD_NAMESPACES: launcher 1: sessions may run in (hub|every namespace), /,
      );
    for (const namespaces of ['hub-*', 'hub-sessions,twofold.dev/sessions=enabled'])
      expect(await contradictions(launchers, { TWOFOLD_NAMESPACES: namespaces })).to.deep.equal([]);
  });

  it('are two addresses of a database; and all contradictions are reported together', async () => {
    const shared = jwkSet(octJwk());
    const problems = await contradictions(
      { TWOFOLD_AT_REST_KEYS_FILE: shared, TWOFOLD_COOKIE_KEYS_FILE: shared },
      { TWOFOLD_DATABASE_URL_FILE: '/url' },
    );
    expect(problems).to.have.length(2);
    expect(problems[0]).to.include('exactly one of TWOFOLD_DATABASE_URL');
  });
});
