/**
 * A whole console for tests: real HTTPS ports, a real database, a real identity provider and a small Kubernetes API.
 * Tests that need no settings of their own share one for each kind of database.
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { createLog } from '#platform/log.ts';
import { parseSettings } from '#platform/settings.ts';
import type { Running } from '#platform/service.ts';
import { sqliteAddon } from '../../scripts/build.ts';
import { testCertificates, type Certificates } from '../../test/certificates.ts';
import { ed25519Pair, octJwk, rsaPair, type JwkPair } from '../../test/keys.ts';
import { testPostgres } from '../../test/postgres.ts';
import { consoleSettings, type ConsoleConfig } from '../config.ts';
import { openApiDocument } from '../public/openapi.ts';
import { startConsole } from '../start.ts';
import { createRecords, type Records } from '../store/records.ts';
import { createAnswerCheck, createApiClient, type AnswerCheck, type ApiClient } from './api-client.ts';
import {
  AUDIENCE,
  startIdentityProvider,
  type TestIdentityProvider,
  type TokenOptions,
} from './identity-provider.ts';
import { startKubernetes, type TestKubernetes } from './kubernetes.ts';
import { testFolder } from '../../test/folder.ts';

export type DatabaseKind = 'SQLite' | 'PostgreSQL';
export const databaseKinds: readonly DatabaseKind[] = ['SQLite', 'PostgreSQL'];

export const PUBLIC_URL = 'https://twofold.example.org';
export const CLUSTER = 'test-cluster';

/** Keys of every zone, including the keyservice's private keys. */
interface TestKeys {
  readonly atRest: object;
  readonly cookie: object;
  readonly record: object;
  readonly ticket: JwkPair;
  readonly envelope: JwkPair;
  readonly grant: JwkPair;
}

export interface TestConsole {
  readonly databaseUrl: string;
  /** Under the console's record key. */
  readonly records: Records;
  readonly keys: TestKeys;
  readonly provider: TestIdentityProvider;
  readonly kubernetes: TestKubernetes;
  readonly ports: Readonly<Record<string, number>>;
  readonly certificates: Certificates;
  /** Every log line so far. */
  readonly logs: readonly string[];
  /** Advances the console's clock. */
  readonly clock: { offsetMs: number };
  /** Trusts the test's root. */
  readonly client: HttpsClient;
  /** Has the webhook's client certificate. */
  readonly webhook: HttpsClient;
  urlOf(port: 'public' | 'resolve' | 'claim'): string;
  as(sub: string, options?: TokenOptions): Promise<ApiClient>;
  withBearer(bearer: string | undefined): ApiClient;
  /** Stops it and starts another on the same database, with other settings. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** The environment that the console's settings are parsed from. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops only the console, so that a separate process can take its place. */
  stopConsole(): Promise<void>;
  stop(): Promise<void>;
}

function newKeys(): TestKeys {
  return {
    atRest: octJwk(),
    cookie: octJwk(),
    record: octJwk(),
    ticket: ed25519Pair(),
    envelope: rsaPair(),
    grant: ed25519Pair(),
  };
}

/** Writes the files that the settings name, and returns the settings. */
function writeFiles(dir: string, keys: TestKeys, databaseUrl: string): Record<string, string> {
  const write = (name: string, content: string): string => {
    const path = join(dir, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const set = (name: string, key: object): string => write(name, JSON.stringify({ keys: [key] }));
  return {
    TWOFOLD_DATABASE_URL_FILE: write('database-url', databaseUrl),
    TWOFOLD_SQLITE_ADDON: sqliteAddon,
    TWOFOLD_AT_REST_KEYS_FILE: set('at-rest.json', keys.atRest),
    TWOFOLD_TICKET_KEYS_FILE: set('ticket.json', keys.ticket.privateJwk),
    TWOFOLD_COOKIE_KEYS_FILE: set('cookie.json', keys.cookie),
    TWOFOLD_RECORD_KEYS_FILE: set('record.json', keys.record),
    TWOFOLD_ENVELOPE_KEYS_FILE: set('envelope.json', keys.envelope.publicJwk),
    TWOFOLD_GRANT_KEYS_FILE: set('grant.json', keys.grant.publicJwk),
  };
}

async function parse(env: Readonly<Record<string, string>>): Promise<ConsoleConfig> {
  const parsed = await parseSettings(consoleSettings, env, (path) => readFile(path, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.problems.join('; '));
  return parsed.value;
}

async function newDatabase(kind: DatabaseKind, dir: string): Promise<string> {
  return kind === 'SQLite' ? `sqlite:${join(dir, 'console.db')}` : (await testPostgres()).createDatabase();
}

function baseEnv(
  provider: TestIdentityProvider,
  kubernetes: TestKubernetes,
  dir: string,
  certificates: Certificates,
) {
  const tokenFile = join(dir, 'token');
  writeFileSync(tokenFile, kubernetes.token);
  const ca = join(certificates.leafDir('console'), 'ca.crt');
  return {
    TWOFOLD_HOST: '127.0.0.1',
    TWOFOLD_HEALTH_PORT: '0',
    TWOFOLD_PUBLIC_PORT: '0',
    TWOFOLD_RESOLVE_PORT: '0',
    TWOFOLD_CLAIM_PORT: '0',
    TWOFOLD_TLS_DIR: certificates.leafDir('console'),
    TWOFOLD_PUBLIC_URL: PUBLIC_URL,
    TWOFOLD_CLUSTER: CLUSTER,
    TWOFOLD_OIDC_ISSUER: provider.issuer,
    TWOFOLD_OIDC_AUDIENCE: AUDIENCE,
    TWOFOLD_OIDC_CA_FILE: ca,
    TWOFOLD_KUBERNETES_URL: kubernetes.url,
    TWOFOLD_KUBERNETES_CA_FILE: ca,
    TWOFOLD_KUBERNETES_TOKEN_FILE: tokenFile,
    TWOFOLD_RATE_LIMIT_PER_MINUTE: '1000000',
    TWOFOLD_ENV_ENABLED: 'true',
    TWOFOLD_NAMESPACES: '*',
    TWOFOLD_LOG_LEVEL: 'debug',
  };
}

let check: AnswerCheck | undefined;

/** Starts one with its own settings; the caller stops it. `elapsed` is the clock of its limits. */
export async function startTestConsole(
  kind: DatabaseKind,
  env: Readonly<Record<string, string>> = {},
  elapsed?: () => number,
): Promise<TestConsole> {
  const dir = testFolder('console');
  const certificates = await testCertificates();
  const tls = certificates.leaf('console');
  const provider = await startIdentityProvider(tls);
  const kubernetes = await startKubernetes(tls);
  const databaseUrl = await newDatabase(kind, dir);
  const keys = newKeys();
  const files = writeFiles(dir, keys, databaseUrl);
  const common = { ...baseEnv(provider, kubernetes, dir, certificates), ...files };
  const logs: string[] = [];
  const log = createLog({ service: 'console', level: 'debug', write: (line) => logs.push(line) });
  const clock = { offsetMs: 0 };
  const start = async (more: Readonly<Record<string, string>>): Promise<Running> => {
    const config = await parse({ ...common, ...env, ...more });
    return await startConsole(config, log, () => Date.now() + clock.offsetMs, elapsed);
  };
  const client = createHttpsClient({ ca: tls.ca });
  const webhook = createHttpsClient(certificates.leaf('webhook-resolve'));
  check ??= createAnswerCheck(openApiDocument(PUBLIC_URL));
  let running = await start({});
  const urlOf = (port: string): string => `https://127.0.0.1:${running.ports[port] ?? 0}`;
  const withBearer = (bearer: string | undefined): ApiClient => ({
    call: (...call) =>
      createApiClient(client, { url: urlOf('public'), bearer, check: check ?? createAnswerCheck({}) }).call(
        ...call,
      ),
  });
  return {
    records: createRecords((await parse({ ...common, ...env })).recordKeys),
    databaseUrl,
    keys,
    provider,
    kubernetes,
    certificates,
    logs,
    clock,
    client,
    webhook,
    urlOf,
    withBearer,
    get ports() {
      return running.ports;
    },
    as: async (sub, options) => withBearer(await provider.token(sub, options)),
    restart: async (more = {}) => {
      await running.stop();
      running = await start(more);
    },
    env: { ...common, ...env },
    stopConsole: () => running.stop(),
    stop: async () => {
      client.close();
      webhook.close();
      await running.stop();
      await provider.close();
      await kubernetes.close();
    },
  };
}

const shared = new Map<DatabaseKind, Promise<TestConsole>>();

function sharedConsole(kind: DatabaseKind): Promise<TestConsole> {
  const known = shared.get(kind) ?? startTestConsole(kind);
  shared.set(kind, known);
  return known;
}

// A root hook: the shared consoles outlive the tests of any one file.
after(async () => {
  for (const started of shared.values()) await (await started).stop();
});

/** Defines the same tests for each kind of database. Each test uses its own subjects, so that they do not interfere. */
export function onEachDatabase(
  title: string,
  define: (running: () => TestConsole, kind: DatabaseKind) => void,
): void {
  for (const kind of databaseKinds) {
    describe(`${title} (${kind})`, () => {
      let running: TestConsole | undefined;
      before(async function () {
        this.timeout(60_000);
        running = await sharedConsole(kind);
      });
      define(() => {
        if (!running) throw new Error('the console has not started');
        return running;
      }, kind);
    });
  }
}

/** Acts while the console's clock is this much ahead. */
export async function later<T>({ clock }: TestConsole, byMs: number, act: () => Promise<T>): Promise<T> {
  clock.offsetMs += byMs;
  try {
    return await act();
  } finally {
    clock.offsetMs -= byMs;
  }
}

let users = 0;

/** A user that no other test has. */
export function newUser(): string {
  users += 1;
  return `user-${users}`;
}
