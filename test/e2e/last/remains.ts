/**
 * What a run left on the machine, as files to search: folders, outputs of commands, processes' memory; and the
 * keys to search for, opened with what only the local installation exposes. For the last scenario; needs root.
 */
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import knex, { type Knex } from 'knex';
import { byKid } from '#envelope/cipher.ts';
import { parseKid, parseOwnerId, type OwnerId } from '#envelope/names.ts';
import { keyEncryptionKey } from '#envelope/node-cipher.ts';
import { openUserKey } from '#envelope/user-key.ts';
import type { Cluster } from '../cluster/connection.ts';
import { withMemory } from '../cluster/node.ts';
import type { Search } from './search.ts';
import { createServices, type Service } from '../cluster/services.ts';

const run = promisify(execFile);
const state = fileURLToPath(new URL('../../../.cluster', import.meta.url));
export function inState(...path: readonly string[]): string {
  return join(state, ...path);
}

/** Every regular file below a folder, or the file itself; none where it does not exist. */
export function filesBelow(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Standard output of a command, in a file, since it may be large. `codes` are the exit codes of success. */
export async function outputOf(
  file: string,
  [command, ...args]: readonly [string, ...string[]],
  codes: readonly number[] = [0],
): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  await pipeline(child.stdout, createWriteStream(file, { mode: 0o600 }));
  const code = await ended;
  if (!codes.includes(code)) throw new Error(`${command}: exit code ${code}`);
  return file;
}

/** All objects of all kinds, Secrets apart from the rest. */
export async function everyObject(
  dir: string,
): Promise<{ readonly secrets: string; readonly others: string }> {
  const { stdout } = await run('kubectl', ['api-resources', '--verbs=list', '--output=name']);
  const kinds = stdout.split('\n').filter((name) => name !== '' && name !== 'secrets');
  const get = (file: string, what: string): Promise<string> =>
    outputOf(join(dir, file), ['kubectl', 'get', what, '--all-namespaces', '--output=yaml']);
  const [secrets, others] = await Promise.all([
    get('secrets.yaml', 'secrets'),
    get('others.yaml', kinds.join(',')),
  ]);
  return { secrets, others };
}

/** The API server's audit log, split by whether a record is about Secrets. Inside a string these quotes would be escaped. */
export async function auditLog(dir: string): Promise<{ readonly secrets: string; readonly others: string }> {
  const about = '"objectRef":{"resource":"secrets"';
  const grep = (file: string, ...options: readonly string[]): Promise<string> =>
    outputOf(
      join(dir, file),
      [
        'grep',
        '--text',
        '--no-filename',
        ...options,
        '--fixed-strings',
        about,
        ...filesBelow(inState('audit')),
      ],
      [0, 1],
    );
  const [secrets, others] = await Promise.all([
    grep('audit-secrets'),
    grep('audit-others', '--invert-match'),
  ]);
  return { secrets, others };
}

/** What is found in the memory of each process of a service. */
export async function foundInMemory(
  cluster: Cluster,
  service: Service,
  search: Search,
): Promise<readonly string[]> {
  const processes = await createServices(cluster).processes(service);
  const looks = processes.map(({ pid }) => withMemory(pid, (file, parts) => [...search.inFile(file, parts)]));
  return looks.flat();
}

type Database = Cluster['endpoints']['database'];

export function databaseFiles(database: Database): readonly string[] {
  return database.kind === 'sqlite'
    ? ['', '-wal', '-shm'].map((end) => database.file + end).filter((file) => existsSync(file))
    : filesBelow(inState('postgres', 'data'));
}

function openDatabase(database: Database): Knex {
  return database.kind === 'sqlite'
    ? knex({ client: 'better-sqlite3', connection: { filename: database.file }, useNullAsDefault: true })
    : knex({ client: 'pg', connection: database.url });
}

export interface UserKey {
  readonly ownerId: OwnerId;
  readonly gen: number;
  readonly key: Uint8Array;
}

/** All of them, opened with the console's at-rest key from its Secret, the only place where this installation has it. */
export async function userKeys({ core, endpoints }: Cluster): Promise<readonly UserKey[]> {
  const { data } = await core.readNamespacedSecret({ name: 'console-keys', namespace: 'twofold-console' });
  const file = Buffer.from(data?.['at-rest.json'] ?? '', 'base64').toString('utf8');
  const { keys } = JSON.parse(file) as { keys: Parameters<typeof keyEncryptionKey>[0][] }; // a JWK set
  const atRest = byKid(keys.map(keyEncryptionKey));
  const database = openDatabase(endpoints.database);
  try {
    const rows = await database<{ owner_id: string; gen: number; kid: string; key: string }>(
      'user_keys',
    ).select();
    return await Promise.all(
      rows.map(async ({ owner_id, gen, kid, key }) => {
        const ownerId = parseOwnerId(owner_id)!;
        return { ownerId, gen, key: await openUserKey(atRest, { ownerId, gen, kid: parseKid(kid)! }, key) };
      }),
    );
  } finally {
    await database.destroy();
  }
}

/** The envelope of a stored secret. */
export async function envelopeOf({ endpoints }: Cluster, name: string): Promise<string> {
  const database = openDatabase(endpoints.database);
  try {
    const [row] = await database<{ name: string; envelope: string }>('secrets')
      .where({ name })
      .select('envelope');
    return row?.envelope ?? '';
  } finally {
    await database.destroy();
  }
}
