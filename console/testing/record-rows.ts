/**
 * A database with two authentic rows in each table that has a MAC, and what a console does with the first of them. The
 * tests change rows behind the console's back, as a writer of the database would.
 */
import { createSecretKey, randomUUID } from 'node:crypto';
import knex, { type Knex } from 'knex';
import type pg from 'pg';
import {
  parseKid,
  parseOwnerId,
  parseSecretId,
  parseSecretName,
  parseSessionId,
  type OwnerId,
} from '#envelope/names.ts';
import type { KeySet } from '#envelope/jwk-set.ts';
import type { Jwk } from '#envelope/kid.ts';
import { kidOf } from '#envelope/node-cipher.ts';
import { parsePodPattern } from '#envelope/pod.ts';
import { ok } from '#envelope/result.ts';
import { octJwk } from '../../test/keys.ts';
import type { Stores } from '../core/stores.ts';
import type { OctKey } from '../key-files.ts';
import { numbersForInt8 } from '../store/connection.ts';
import type { OpenDatabase } from '../store/database.ts';
import type { RecordTableName } from '../store/records.ts';

export const NOW = 1_790_000_000_000;
export const ISSUER = 'https://login.example.org';

/** The values by which a console finds the first rows. */
export interface Known {
  readonly owner: OwnerId;
  readonly sub: string;
  readonly login: string;
  readonly jti: string;
  readonly sid: string;
  readonly idHash: string;
  readonly kid: string;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a test made something that does not parse');
  return value;
}

function octKey(jwk: Jwk): OctKey {
  return { kid: kidOf(jwk), key: createSecretKey(Buffer.from(String(jwk['k']), 'base64url')) };
}

/** Keys that authenticate records, newest first; a new one if none is given. */
export function recordKeys(newest: Jwk = octJwk(), ...older: readonly Jwk[]): KeySet<OctKey> {
  return [octKey(newest), ...older.map(octKey)];
}

function hex(): string {
  return randomUUID().replaceAll('-', '');
}

/** Stores one row in each table, as the use cases would. */
export async function storeRows(database: OpenDatabase, name: string): Promise<Known> {
  const owner = must(parseOwnerId(randomUUID()));
  const [jti, sid, idHash] = [randomUUID(), hex(), hex() + hex()];
  const kid = name.padEnd(43, 'A');
  const login = `${name}@example.org`;
  const secret = must(parseSecretName('db-password'));
  const ticket = {
    jti,
    ownerId: owner,
    hash: hex() + hex(),
    ns: 'sessions',
    sa: 'default',
    secrets: [secret],
    pod: parsePodPattern('nb-*'),
    uses: 5,
    used: 0,
    launcher: undefined,
    issuedAt: NOW,
    exp: NOW + 1000,
    revokedAt: undefined,
  };
  const version = { ownerId: owner, version: 1, gen: 1, salt: new Uint8Array(16) };
  const session = {
    sid: must(parseSessionId(sid)),
    jti,
    ownerId: owner,
    ns: 'sessions',
    sa: 'default',
    secrets: [{ id: must(parseSecretId(randomUUID())), name: secret, ...version }],
    ticketHash: ticket.hash,
    ticketOnPod: true,
    launcher: { annotation: 'hub/user', user: name },
    openedAt: NOW,
    exp: NOW + 1000,
    pod: undefined,
    podUid: undefined,
    firstClaimAt: undefined,
    lastClaimAt: undefined,
    claims: 0,
  };
  await database.write(async (stores) => {
    await stores.owners.findOrCreate({ issuer: ISSUER, sub: name }, { id: owner, now: NOW });
    await stores.logins.record(
      ISSUER,
      owner,
      [
        { claim: 'sub', value: name },
        { claim: 'email', value: login },
      ],
      NOW,
    );
    await stores.tickets.insert(ticket);
    await stores.sessions.insert(session);
    await stores.webSessions.insert({ idHash, ownerId: owner, openedAt: NOW, seenAt: NOW });
    await stores.keys.activate(must(parseKid(kid)), NOW);
    return ok(undefined);
  });
  return { owner, sub: name, login, jti, sid, idHash, kid };
}

type Use = (stores: Stores, known: Known) => Promise<unknown>;

/** Every use that grants something because of a row of the table. */
export const uses: Readonly<Record<RecordTableName, Readonly<Record<string, Use>>>> = {
  owners: {
    enter: ({ owners }, { sub }) =>
      owners.findOrCreate({ issuer: ISSUER, sub }, { id: must(parseOwnerId(randomUUID())), now: NOW }),
    lock: ({ owners }, { owner }) => owners.lock(owner),
  },
  logins: {
    'look up': ({ logins }, { login }) => logins.carriers(ISSUER, { claim: 'email', value: login }),
    record: ({ logins }, { owner, login }) =>
      logins.record(ISSUER, owner, [{ claim: 'email', value: login }], NOW + 1),
  },
  tickets: {
    find: ({ tickets }, { jti }) => tickets.find(jti),
    list: ({ tickets }, { owner }) => tickets.list(owner, { limit: 10 }),
    'list on': ({ tickets }, { owner, jti }) => tickets.list(owner, { limit: 10, after: jti }),
    revoke: ({ tickets }, { owner, jti }) => tickets.revoke(owner, jti, NOW),
    use: ({ tickets }, { jti }) => tickets.use(jti),
    'lock live': ({ tickets }, { jti }) => tickets.lockLive(jti),
  },
  sessions: {
    find: ({ sessions }, { sid }) => sessions.find(must(parseSessionId(sid))),
    bind: ({ sessions }, { sid }) => sessions.bind(must(parseSessionId(sid)), { name: 'p', uid: 'u' }, NOW),
    'claim again': ({ sessions }, { sid }) => sessions.claimAgain(must(parseSessionId(sid)), 'u', NOW),
    list: ({ sessions }, { jti }) => sessions.ofTickets([jti], 10),
  },
  web_sessions: {
    find: ({ webSessions }, { idHash }) => webSessions.find(idHash),
    touch: ({ webSessions }, { idHash }) => webSessions.touch(idHash, NOW + 1),
  },
  keys: {
    activate: ({ keys }, { kid }) => keys.activate(must(parseKid(kid)), NOW),
    'lock active': ({ keys }, { kid }) => keys.lockActive(must(parseKid(kid))),
  },
};

/** The access of a writer of the database: neither MACs nor references are checked. */
export function connectRaw(databaseUrl: string): Knex {
  return databaseUrl.startsWith('sqlite:')
    ? knex({
        client: 'better-sqlite3',
        useNullAsDefault: true,
        connection: { filename: databaseUrl.replace('sqlite:', '') },
        pool: {
          min: 1,
          max: 1,
          afterCreate: (
            connection: { pragma(text: string): unknown },
            done: (error: unknown, connection: unknown) => void,
          ) => {
            connection.pragma('foreign_keys = OFF');
            done(null, connection);
          },
        },
      })
    : knex({
        client: 'pg',
        connection: {
          connectionString: databaseUrl,
          types: numbersForInt8(),
        } satisfies pg.ClientConfig as Knex.PgConnectionConfig,
        pool: {
          min: 1,
          max: 1,
          afterCreate: (connection: pg.Client, done: (error: unknown, connection: unknown) => void) => {
            connection.query('set session_replication_role = replica', (error) => done(error, connection));
          },
        },
      });
}
