/** What is made with stolen keys: tickets, rows, cookies, certificates. */
import { createSecretKey, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { EncryptJWT } from 'jose';
import type { Jwk } from '#envelope/kid.ts';
import { parseOwnerId, parseSecretName } from '#envelope/names.ts';
import { ed25519Signer, kidOf } from '#envelope/node-cipher.ts';
import { signTicket, type Ticket } from '#envelope/ticket.ts';
import { issueLeaf, newRsaKeyPair, type KeyPair } from '../../../certs/issue.ts';
import { parseCertificate, parsePrivateKey } from '../../../certs/pem.ts';
import { leafNames, leafPlans } from '../../../certs/plan.ts';
import { parseRecordKeys } from '../../../console/key-files.ts';
import { createRecords, type RecordTableName } from '../../../console/store/records.ts';
import { connectRaw } from '../../../console/testing/record-rows.ts';
import type { Holding, Leaf, Row } from './loot.ts';
import { rowsOf } from './openings.ts';
import { sessions } from '../cluster.ts';
import { stored, users, type User, type World } from './world.ts';

/** An owner as far as the thief knows it. */
export interface KnownOwner {
  readonly user: User;
  readonly id: string;
}

export function claimsOf(ticket: string): Ticket {
  // The console's own.
  return JSON.parse(Buffer.from(ticket.split('.')[1] ?? '', 'base64url').toString()) as Ticket;
}

/** By rows; or by tickets, whose owner is somebody; or else nobody at all. */
export function ownersOf(held: Pick<Holding, 'rows' | 'tickets'>): readonly KnownOwner[] {
  const byRow = users.flatMap((user) => {
    const row = rowsOf(held, 'owners').find(({ sub }) => sub === user);
    return row ? [{ user, id: String(row['id']) }] : [];
  });
  if (byRow.length > 0) return byRow;
  const seen = held.tickets.map((ticket) => ({ user: 'alice' as const, id: claimsOf(ticket).sub }));
  return seen.length > 0 ? seen : [{ user: 'alice', id: randomUUID() }];
}

export function forgeTicket(
  key: Jwk,
  world: World,
  { user, id }: KnownOwner,
  change: Partial<Ticket>,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return signTicket(ed25519Signer(key), {
    iss: world.issuer,
    aud: world.cluster,
    sub: parseOwnerId(id)!,
    ns: sessions,
    sa: 'default',
    secrets: stored[user].map((name) => parseSecretName(name)!),
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 3600,
    ...change,
  });
}

export async function forgeCookie(key: Jwk, sid: string, owner: string): Promise<string> {
  const text = await new EncryptJWT({ sid, own: owner, nam: 'thief', csrf: 'mine' })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: kidOf(key), typ: 'twofold' })
    .setExpirationTime('1h')
    .encrypt(createSecretKey(Buffer.from(String(key['k']), 'base64url')));
  return `__Host-twofold=${text}`;
}

let pair: Promise<KeyPair> | undefined;

/** Every leaf that there is, below this root: one key will do for all. */
export async function forgeLeaves(root: Leaf): Promise<readonly Leaf[]> {
  const signer = { certificate: parseCertificate(root.cert)!, key: parsePrivateKey(root.key)! };
  const newKeyPair = (): Promise<KeyPair> => (pair ??= newRsaKeyPair());
  return await Promise.all(
    leafPlans.map(async (plan) => {
      const names = leafNames(plan, ['127.0.0.1']);
      const request = { ...plan, ...names, root: signer, now: new Date(), validDays: 1, newKeyPair };
      const { certificatePem, keyPem } = await issueLeaf(request);
      return { name: plan.folder, cert: certificatePem, key: keyPem };
    }),
  );
}

export interface Writer {
  readonly db: Knex;
  /** The row with a MAC under the record key, where it is held; or else with one that another row had. */
  readonly sealed: (table: RecordTableName, row: Row) => Row;
}

/** Rows as a writer of the database puts them; `write` undoes what it did. */
export async function asWriter<T>(
  { databases, recordKeys, rows }: Pick<Holding, 'databases' | 'recordKeys' | 'rows'>,
  write: (writer: Writer) => Promise<T>,
): Promise<void> {
  const [key] = recordKeys;
  const records = key && createRecords(await parseRecordKeys(JSON.stringify({ keys: [key] })));
  for (const url of databases) {
    const db = connectRaw(url);
    try {
      await write({
        db,
        sealed: (table, row) => {
          const { mac: old, ...columns } = row;
          const mac = records?.seal(table, columns) ?? old ?? rowsOf({ rows }, table)[0]?.['mac'];
          return { ...columns, mac };
        },
      });
    } finally {
      await db.destroy();
    }
  }
}
