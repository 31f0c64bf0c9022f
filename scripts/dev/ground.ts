/** What a development cluster stands on: its options, and a folder of certificates, keys and logs. Development tool, no zone. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCertificates } from '../../certs/store.ts';
import { freePort } from './free-port.ts';
import { makeKeys, type KeyFiles } from './keys.ts';
import type { StartCluster } from './cluster.ts';
import type { ServiceName } from './services.ts';

type Listener = 'identityProvider' | 'console' | 'consoleResolve' | 'consoleClaim' | 'keyservice' | 'webhook';

export interface StackOptions {
  /** Everything is written below it: certificates, keys, database, logs, tokens. */
  readonly dir: string;
  /** A folder of certificates that are taken in place of new ones, which take a second. */
  readonly certificates?: string;
  /** People who get a bearer. */
  readonly people: readonly string[];
  readonly launchersFile?: string | undefined;
  /** Callers without credentials may do at the API server what developers may, so that curl is enough. */
  readonly anonymous?: boolean;
  /** Kubernetes; a stand-in where there is none. */
  readonly cluster?: StartCluster;
  /** Overrides a service's variables, for drills and benches. */
  readonly env?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
  /** More arguments for a service's Node, such as a profiler's. */
  readonly nodeArgs?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** A connection URL; SQLite below `dir` where there is none. */
  readonly database?: string;
  readonly say: (line: string) => void;
}

export interface Ground {
  readonly dir: string;
  readonly certificates: string;
  readonly keys: KeyFiles;
  readonly caFile: string;
  /** Chosen before anything starts, so that each can be told of the others; the same after a restart. */
  readonly ports: Readonly<Record<Listener, number>>;
  readonly webClientSecretFile: string;
  readonly options: StackOptions;
}

async function choosePorts(): Promise<Ground['ports']> {
  return {
    identityProvider: await freePort(),
    console: await freePort(),
    consoleResolve: await freePort(),
    consoleClaim: await freePort(),
    keyservice: await freePort(),
    webhook: await freePort(),
  };
}

export function urlOf({ ports }: Ground, listener: Listener): string {
  return `https://127.0.0.1:${ports[listener]}`;
}

export async function layGround(options: StackOptions): Promise<Ground> {
  const { dir, say } = options;
  for (const folder of ['', 'logs', 'tokens']) mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
  say('issuing certificates and keys');
  const certificates = join(dir, 'certificates');
  if (options.certificates !== undefined)
    cpSync(options.certificates, certificates, { recursive: true, verbatimSymlinks: true });
  const [, keys] = await Promise.all([
    ensureCertificates({ dir: certificates, extraNames: ['127.0.0.1', 'localhost'], now: new Date() }),
    makeKeys(join(dir, 'keys')),
  ]);
  const webClientSecretFile = join(dir, 'keys', 'console', 'web-client-secret');
  writeFileSync(webClientSecretFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return {
    dir,
    certificates,
    keys,
    caFile: join(certificates, 'console', 'ca.crt'),
    ports: await choosePorts(),
    webClientSecretFile,
    options,
  };
}

export function logOf(ground: Ground, name: string): string {
  return join(ground.dir, 'logs', `${name}.log`);
}

/** A certificate and its key, as text. */
export function leafOf(ground: Ground, name: string) {
  return {
    cert: readFileSync(join(ground.certificates, name, 'tls.crt'), 'utf8'),
    key: readFileSync(join(ground.certificates, name, 'tls.key'), 'utf8'),
  };
}
