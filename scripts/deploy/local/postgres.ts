/**
 * The local cluster's PostgreSQL: at the node's address, with TLS and a password, as an operator's would be.
 * Its data is deleted with the cluster. Development tool, no zone.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { asPostgres, initdbFlags, postgresPrograms, serverFlags } from '../../servers/postgres.ts';
import { writePrivateFile } from '../../servers/private-file.ts';
import { DeployError } from '../failure.ts';
import { ensureProgram, stopProgram, type Program } from './background.ts';
import { DATABASE_PORT, NODE_ADDRESS } from './overlay.ts';

/** The node's own /var/lib: inside the cluster's mount namespace only, and gone with it. */
const HOME = '/var/lib/twofold-postgres';
const DATA = join(HOME, 'data');
const USER = 'twofold';
const DATABASE = 'twofold';
const RETRY_MS = 200;

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', cwd: '/' });
  if (status !== 0)
    throw new DeployError(
      `${command} failed: ${error?.message ?? stderr}`,
      'is the package postgresql installed?',
      error,
    );
}

function commandOf(program: 'initdb' | 'postgres', args: readonly string[]): [string, ...string[]] {
  const programs = postgresPrograms();
  if (programs === undefined)
    throw new DeployError('PostgreSQL is not installed', 'install the package postgresql');
  return ['setpriv', ...asPostgres, '--', join(programs, program), ...args];
}

/** A new data folder: only TLS connections with the password get in. */
function initialize(tlsDir: string): void {
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME);
  for (const file of ['tls.crt', 'tls.key']) copyFileSync(join(tlsDir, file), join(HOME, file));
  writePrivateFile(join(HOME, 'password'), randomBytes(24).toString('hex'));
  run('chown', ['-R', 'postgres:postgres', HOME]);
  const flags = ['--auth=scram-sha-256', `--pwfile=${join(HOME, 'password')}`];
  const [command, ...args] = commandOf('initdb', [...initdbFlags(DATA, USER), ...flags]);
  run(command, args);
  writeFileSync(join(DATA, 'pg_hba.conf'), 'hostssl all all 0.0.0.0/0 scram-sha-256\n');
}

export interface Database {
  /** For the console: `ca.crt` is next to the file that holds this address. */
  readonly inCluster: string;
  /** For tools on the node's side. */
  readonly url: string;
}

/** Listens, but does not serve yet. */
const STARTING = '57P03';

async function connect(connectionString: string): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== STARTING) throw error;
      await wait(RETRY_MS);
    }
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = await connect(url.replace(`/${DATABASE}?`, '/postgres?'));
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function programOf(settings: Readonly<Record<string, string | number>> = {}): Program {
  return {
    marker: 'postgres',
    command: commandOf('postgres', serverFlags(DATA, settings)),
    pidFile: join(HOME, 'pid'),
    logFile: join(HOME, 'log'),
  };
}

/** Stops it and removes its data, if it exists. */
export async function removePostgres(): Promise<void> {
  if (!existsSync(HOME)) return;
  await stopProgram(programOf());
  rmSync(HOME, { recursive: true });
}

/** Starts it unless it runs. `caFile` verifies its certificate. */
export async function ensurePostgres(outside: {
  readonly tlsDir: string;
  readonly caFile: string;
}): Promise<Database> {
  if (!existsSync(join(DATA, 'pg_hba.conf'))) initialize(outside.tlsDir);
  const settings = {
    listen_addresses: NODE_ADDRESS,
    port: DATABASE_PORT,
    unix_socket_directories: '',
    max_connections: 100,
    ssl: 'on',
    ssl_cert_file: join(HOME, 'tls.crt'),
    ssl_key_file: join(HOME, 'tls.key'),
  };
  await ensureProgram(programOf(settings), { host: NODE_ADDRESS, port: DATABASE_PORT });
  const password = readFileSync(join(HOME, 'password'), 'utf8');
  const address = `postgres://${USER}:${password}@${NODE_ADDRESS}:${DATABASE_PORT}/${DATABASE}?sslmode=verify-full&sslrootcert=`;
  const url = `${address}${outside.caFile}`;
  await createDatabase(url);
  return { inCluster: `${address}/etc/twofold/database/ca.crt`, url };
}
