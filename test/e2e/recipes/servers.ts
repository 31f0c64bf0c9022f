/**
 * What the recipes' programs log in to: a PostgreSQL, an SSH server, and one HTTPS server for data, Git and AWS's STS. At
 * an address of the cluster's network that only they use, under the names that are in the recipes.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { asPostgres, initdbFlags, postgresPrograms, serverFlags } from '../../../scripts/servers/postgres.ts';
import { eventually } from '../../eventually.ts';
import { isSignedWith, type AccessKey } from './sigv4.ts';

const ADDRESS = '192.0.2.20';
const HOSTS = ['db', 'host', 'data', 'git', 'sts'].map((name) => `${name}.example.org`);

export interface Credentials {
  /** Of alice, at the database, the data and the Git server. */
  readonly passwords: Readonly<Record<'database' | 'data' | 'git', string>>;
  readonly publicKey: string;
  readonly accessKey: AccessKey;
}

export interface Servers {
  /** For a pod's `hostAliases`. */
  readonly aliases: { readonly ip: string; readonly hostnames: readonly string[] };
  /** PEM of the HTTPS server. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** A process that ends with this one. */
function start(command: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn('setpriv', ['--pdeathsig=KILL', ...flags, '--', command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
  });
}

async function startDatabase(dir: string, password: string): Promise<ChildProcess> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('install the package postgresql');
  const home = join(dir, 'postgres');
  const [data, passwordFile] = [join(home, 'data'), join(home, 'password')];
  mkdirSync(home);
  writeFileSync(passwordFile, password);
  execFileSync('chown', ['-R', 'postgres:postgres', home]);
  const initdb = [
    ...initdbFlags(data, 'alice'),
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
  ];
  execFileSync('setpriv', [...asPostgres, '--', join(programs, 'initdb'), ...initdb], {
    cwd: '/',
    stdio: 'ignore',
  });
  writeFileSync(join(data, 'pg_hba.conf'), 'host all all 0.0.0.0/0 scram-sha-256\n');
  const settings = {
    listen_addresses: ADDRESS,
    unix_socket_directories: '',
    fsync: 'off',
    log_min_messages: 'fatal',
  };
  const server = start(join(programs, 'postgres'), serverFlags(data, settings), asPostgres);
  await eventually('PostgreSQL serves', async () => {
    const client = new pg.Client({ host: ADDRESS, user: 'alice', password, database: 'postgres' });
    try {
      await client.connect();
      await client.query('create database analytics');
      return true;
    } catch {
      return false;
    } finally {
      await client.end();
    }
  });
  return server;
}

async function startSsh(dir: string, python: string, publicKey: string): Promise<ChildProcess> {
  const authorized = join(dir, 'authorized_keys');
  writeFileSync(authorized, publicKey);
  const script = fileURLToPath(new URL('ssh_server.py', import.meta.url));
  const server = start(python, [script, ADDRESS, authorized]);
  await once(server.stdout!, 'data');
  return server;
}

/** A bare repository as plain files, with one commit. */
function writeRepository(dir: string): string {
  const [work, bare] = [join(dir, 'work'), join(dir, 'project.git')];
  const git = (...args: readonly string[]) => execFileSync('git', args, { stdio: 'ignore' });
  git('init', '--initial-branch=main', work);
  writeFileSync(join(work, 'README'), 'a project\n');
  git('-C', work, 'add', 'README');
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  git('-C', work, ...author, 'commit', '--message', 'Add a readme');
  git('clone', '--bare', work, bare);
  git('-C', bare, 'update-server-info');
  return bare;
}

function writeCertificate(dir: string): { cert: string; key: string } {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = `subjectAltName=${HOSTS.map((host) => `DNS:${host}`).join()}`;
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const output = ['-keyout', key, '-out', cert, '-subj', '/CN=recipes', '-addext', names];
  execFileSync('openssl', [...request, ...output], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function startHttps(dir: string, { passwords, accessKey }: Credentials) {
  const bare = writeRepository(dir);
  const certificate = writeCertificate(dir);
  const server = createServer(certificate, (request, response) => {
    void text(request).then((body) => {
      const { host = '', authorization } = request.headers;
      const deny = (): void => void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      if (host === 'sts.example.org') {
        if (isSignedWith(accessKey, request, body))
          response.setHeader('content-type', 'text/xml').end(IDENTITY);
        else response.writeHead(403).end();
      } else if (host === 'data.example.org') {
        if (authorization === basic('alice', passwords.data)) response.end('some data\n');
        else deny();
      } else if (authorization === basic('git', passwords.git)) {
        const file = /^\/team\/project\.git\/([\w/.-]+)/.exec(request.url ?? '')?.[1] ?? '';
        try {
          response.end(readFileSync(join(bare, file)));
        } catch {
          response.writeHead(404).end();
        }
      } else deny();
    });
  });
  server.listen(443, ADDRESS);
  await once(server, 'listening');
  return { server, certificate: certificate.cert };
}

/** Starts them; `python` has asyncssh. */
export async function startServers(python: string, credentials: Credentials): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-recipes-'));
  execFileSync('chmod', ['755', dir]);
  execFileSync('ip', ['address', 'replace', `${ADDRESS}/32`, 'dev', 'lo']);
  const { server, certificate } = await startHttps(dir, credentials);
  const [ssh, database] = await Promise.all([
    startSsh(dir, python, credentials.publicKey),
    startDatabase(dir, credentials.passwords.database),
  ]);
  return {
    aliases: { ip: ADDRESS, hostnames: HOSTS },
    certificate,
    close: async () => {
      server.closeAllConnections();
      server.close();
      for (const child of [ssh, database]) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      execFileSync('ip', ['address', 'delete', `${ADDRESS}/32`, 'dev', 'lo']);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
