/** Copies of what a running stack has: key files, leaves, rows, and the Secrets that an installation has in etcd. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Jwk } from '#envelope/kid.ts';
import { recordColumns } from '../../../console/store/records.ts';
import { connectRaw } from '../../../console/testing/record-rows.ts';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { secretsOf } from './etcd.ts';
import { tokensIn } from './kubernetes.ts';
import { leafOf, together, type Holding, type Leaf, type Row } from './loot.ts';

const TABLES = ['secrets', 'user_keys', ...Object.keys(recordColumns)];

export function jwks(file: string): readonly Jwk[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { keys: Jwk[] }).keys; // written by scripts/dev/keys.ts
}

export function leafIn(dir: string, name: string): Leaf {
  const read = (file: string): string => readFileSync(join(dir, 'certificates', name, file), 'utf8');
  return leafOf(read('tls.crt'), read('tls.key'));
}

export function rootIn(dir: string): Leaf {
  const folder = join(dir, 'certificates', 'root');
  const name = readdirSync(folder)
    .find((file) => file.endsWith('.key'))!
    .replace('.key', '');
  const read = (suffix: string): string => readFileSync(join(folder, name + suffix), 'utf8');
  return leafOf(read('.crt'), read('.key'));
}

export async function copyRows(database: string): Promise<Holding['rows'][number]> {
  const db = connectRaw(database);
  const copied = await Promise.all(
    TABLES.map(async (table) => [table, await db<Row>(table).select()] as const),
  );
  await db.destroy();
  return Object.fromEntries(copied);
}

/** The Secrets of every overlay, with what the running services have. */
export async function installSecrets(admin: Person, dir: string, database: string): Promise<void> {
  const file = (path: string): string => readFileSync(join(dir, path), 'utf8');
  const tls = (leaf: string) => ({
    'tls.crt': file(`certificates/${leaf}/tls.crt`),
    'tls.key': file(`certificates/${leaf}/tls.key`),
    'ca.crt': file(`certificates/${leaf}/ca.crt`),
  });
  const contents: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'twofold-console/console-tls': tls('console'),
    'twofold-console/console-database': { url: database },
    'twofold-console/console-keys': {
      'at-rest.json': file('keys/console/at-rest.json'),
      'ticket.json': file('keys/console/ticket-signing.json'),
      'cookie.json': file('keys/console/cookie.json'),
      'record.json': file('keys/console/record.json'),
    },
    'twofold-console/console-public-keys': {
      'envelope.json': file('keys/console/envelope-public.json'),
      'grant.json': file('keys/console/grant-public.json'),
    },
    'twofold-webhook/webhook-tls': tls('webhook'),
    'twofold-webhook/webhook-resolve-tls': tls('webhook-resolve'),
    'twofold-webhook/webhook-unwrap-tls': tls('webhook-unwrap'),
    'twofold-keyservice/keyservice-tls': tls('keyservice'),
    'twofold-keyservice/keyservice-envelope': { 'keys.json': file('keys/keyservice/envelope-private.json') },
    'twofold-keyservice/keyservice-grant': { 'keys.json': file('keys/keyservice/grant-signing.json') },
    'twofold-keyservice/keyservice-public-keys': {
      'ticket.json': file('keys/keyservice/ticket-public.json'),
    },
  };
  const mounted = new Set(['sqlite', 'postgres', 'demo'].flatMap((overlay) => [...secretsOf(overlay)]));
  for (const reference of mounted) {
    const [namespace = '', name = ''] = reference.split('/');
    const stringData = contents[reference];
    if (!stringData) throw new Error(`an overlay mounts ${reference}: say here what is in it`);
    await admin.must('POST', `/api/v1/namespaces/${namespace}/secrets`, { metadata: { name }, stringData });
  }
}

export async function sessionSecrets(admin: Person, pods: readonly Pod[]): Promise<Holding> {
  const held = await Promise.all(
    pods.map(async ({ metadata }) => {
      const name = `twofold-${metadata.labels?.['twofold.dev/session'] ?? ''}`;
      const path = `/api/v1/namespaces/${metadata.namespace ?? ''}/secrets/${name}`;
      const { data } = await admin.must<{ data: Record<string, string> }>('GET', path);
      const grant = Buffer.from(data['grant'] ?? '', 'base64').toString();
      return together({ innerTokens: tokensIn(data), grants: [grant] });
    }),
  );
  return together(...held);
}
