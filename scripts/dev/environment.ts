/**
 * What is prepared before anything of a development cluster starts: a folder of certificates, keys and logs, and an
 * address for each server. Development tool, no zone.
 */
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLaunchers, type Launcher } from '#platform/launchers.ts';
import { ensureCertificates } from '../../certs/store.ts';
import { freePort } from './free-port.ts';
import { ensureKeys, type KeyFiles } from './keys.ts';

/** Values of a development cluster; the session namespace is that of the people in the captured reviews. */
export const development = {
  cluster: 'development',
  audience: 'twofold-console',
  /** The page's client at the development identity provider. */
  webClient: 'twofold-page',
  /** A launcher's, where its origins are given. */
  portalClient: 'portal',
  image: 'twofold/injector:development',
  namespace: 'fx-dev',
} as const;

export type ServiceName = 'console' | 'webhook' | 'keyservice';

/** What people call comes first, so that its addresses are easy to remember where the first port is given. */
const listeners = [
  ...(['console', 'identityProvider', 'kubernetes', 'consoleClaim'] as const),
  ...(['consoleResolve', 'keyservice', 'webhook'] as const),
] as const;
type Listener = (typeof listeners)[number];
export type ListenerPorts = Readonly<Record<Listener, number>>;

export interface EnvironmentOptions {
  /** Everything is written below it: certificates, keys, database, logs, tokens. */
  readonly dir: string;
  /** Free ones where absent. */
  readonly ports?: ListenerPorts | undefined;
  /** A folder of certificates to use instead of new ones, which take a second. */
  readonly certificates?: string;
  /** People who get a bearer. */
  readonly people: readonly string[];
  readonly launchersFile?: string | undefined;
  /** As in `TWOFOLD_LAUNCHER_ORIGINS`. */
  readonly origins?: string | undefined;
  /** As in `TWOFOLD_NAMESPACES`; every namespace where it is absent and no launcher is trusted. */
  readonly namespaces?: string;
  /** Lets callers without credentials do at the API server what developers may, so that curl is enough. */
  readonly anonymous?: boolean;
  /** Overrides a service's variables, for drills and benches. */
  readonly env?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
  /** Extra arguments for a service's Node, such as a profiler's. */
  readonly nodeArgs?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** What a service is started by, such as `nsenter`, for drills. */
  readonly within?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** A connection URL; SQLite below `dir` where there is none. */
  readonly database?: string;
  /** Services listen as they do by default, and everything is called on `::1`. */
  readonly ipv6?: boolean;
  readonly say: (line: string) => void;
}

export interface Environment {
  readonly dir: string;
  readonly certificates: string;
  readonly keys: KeyFiles;
  readonly caFile: string;
  /** Chosen before anything starts, so that each can be told of the others; the same after a restart. */
  readonly ports: ListenerPorts;
  readonly webClientSecretFile: string;
  readonly options: EnvironmentOptions;
}

/** This port and those after it. */
export function portsFrom(first: number): ListenerPorts {
  // Every listener is in the list.
  return Object.fromEntries(listeners.map((name, at) => [name, first + at])) as ListenerPorts;
}

export async function choosePorts(): Promise<ListenerPorts> {
  const chosen: [Listener, number][] = [];
  for (const name of listeners) chosen.push([name, await freePort()]);
  return Object.fromEntries(chosen) as ListenerPorts; // as above
}

/** With what an earlier run left in the folder: its certificates, keys and database. */
export async function prepare(options: EnvironmentOptions): Promise<Environment> {
  const { dir, say } = options;
  for (const folder of ['', 'logs', 'tokens']) mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
  say('preparing certificates and keys');
  const certificates = join(dir, 'certificates');
  if (options.certificates !== undefined)
    cpSync(options.certificates, certificates, { recursive: true, verbatimSymlinks: true });
  const [, keys] = await Promise.all([
    ensureCertificates({ dir: certificates, extraNames: ['127.0.0.1', '::1', 'localhost'], now: new Date() }),
    ensureKeys(join(dir, 'keys')),
  ]);
  const webClientSecretFile = join(dir, 'keys', 'console', 'web-client-secret');
  if (!existsSync(webClientSecretFile))
    writeFileSync(webClientSecretFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return {
    dir,
    certificates,
    keys,
    caFile: join(certificates, 'console', 'ca.crt'),
    ports: options.ports ?? (await choosePorts()),
    webClientSecretFile,
    options,
  };
}

export function loopbackOf({ options }: Environment): string {
  return options.ipv6 === true ? '::1' : '127.0.0.1';
}

export function urlOf(environment: Environment, listener: Listener): string {
  const host = environment.options.ipv6 === true ? `[${loopbackOf(environment)}]` : loopbackOf(environment);
  return `https://${host}:${environment.ports[listener]}`;
}

export function mutateUrl(environment: Environment): string {
  return `${urlOf(environment, 'webhook')}/mutate`;
}

export function claimUrl(environment: Environment): string {
  return urlOf(environment, 'consoleClaim') + '/internal/v1/claim';
}

export function logOf({ dir }: Environment, name: string): string {
  return join(dir, 'logs', `${name}.log`);
}

/** A certificate and its key, as text. */
export function leafOf({ certificates }: Environment, name: string) {
  return {
    cert: readFileSync(join(certificates, name, 'tls.crt'), 'utf8'),
    key: readFileSync(join(certificates, name, 'tls.key'), 'utf8'),
  };
}

/** Whom this cluster trusts to speak for users. */
export function launchersOf({ options }: Environment): readonly Launcher[] {
  return options.launchersFile === undefined
    ? []
    : parseLaunchers(readFileSync(options.launchersFile, 'utf8'));
}
