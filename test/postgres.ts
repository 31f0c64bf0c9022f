/**
 * The machine's own PostgreSQL for tests: one server for a test run, a fresh database for each caller. It listens on
 * loopback, persists nothing, and ends with the process that started it, however that ends.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../scripts/dev/free-port.ts';
import { asPostgres, initdbFlags, postgresPrograms, serverFlags } from '../scripts/servers/postgres.ts';

interface PostgresServer {
  /** Address of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Ends every connection to a database and refuses new ones until the next call. */
  refuseConnections(url: string, refuse: boolean): Promise<void>;
}

const USER = 'postgres';
const START_TRIES = 200;
const START_WAIT_MS = 50;

/** The server gets a signal when this process ends, however it ends. */
function asUser(program: string, args: readonly string[]): [string, string[]] {
  const identity = userInfo().uid === 0 ? asPostgres : [];
  return ['setpriv', [...identity, '--pdeathsig=QUIT', '--', program, ...args]];
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(...asUser(program, args), { encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (server.exitCode !== null || tries === START_TRIES) {
        throw new Error('PostgreSQL does not respond', { cause: error });
      }
      await wait(START_WAIT_MS);
    }
  }
}

function makeFolder(): { base: string; dir: string } {
  const base = mkdtempSync(join(tmpdir(), 'twofold-test-postgres-'));
  const dir = join(base, 'data');
  mkdirSync(dir);
  if (userInfo().uid === 0) {
    const { status, stderr } = spawnSync('chown', ['-R', `${USER}:${USER}`, base], { encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`there is no user ${USER}: install the package \`postgresql\` (${stderr})`);
  }
  return { base, dir };
}

function launch(programs: string, dir: string, port: number): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1,::1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
  };
  const [program, args] = asUser(join(programs, 'postgres'), serverFlags(dir, settings));
  const server = spawn(program, args, { stdio: 'ignore', cwd: '/' });
  server.unref();
  return server;
}

async function start(): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === undefined)
    throw new Error('PostgreSQL is not installed: install the package `postgresql`');
  const { base, dir } = makeFolder();
  const started: { server?: ChildProcess } = {};
  process.once('exit', () => {
    started.server?.kill('SIGQUIT');
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  });
  run(join(programs, 'initdb'), [...initdbFlags(dir, USER), '--auth=trust', '--no-sync']);
  const port = await freePort();
  const server = launch(programs, dir, port);
  started.server = server;
  const urlOf = (database: string): string => `postgres://${USER}@127.0.0.1:${port}/${database}`;
  const admin = urlOf('postgres');
  await ready(admin, server);
  let count = 0;
  return {
    createDatabase: async () => {
      count += 1;
      const name = `test_${count}`;
      await query(admin, `create database ${name}`);
      return urlOf(name);
    },
    refuseConnections: async (url, refuse) => {
      const name = new URL(url).pathname.slice(1);
      await query(admin, `alter database ${name} with allow_connections ${String(!refuse)}`);
      await query(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    },
  };
}

let server: Promise<PostgresServer> | undefined;

/** Starts it on the first call. Rejects, naming the package, where PostgreSQL is not installed. */
export function testPostgres(): Promise<PostgresServer> {
  return (server ??= start());
}
