/**
 * A whole development cluster: identity provider, API server, console, keyservice and webhook, with freshly issued
 * certificates and keys. `make demo`, `make dev`, the drills in test/ and the benches all start it here, and read it
 * as the shortest account of what has to be configured where. Development tool, no zone.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLaunchers } from '#platform/launchers.ts';
import { caBundle, ensureCertificates } from '../../certs/store.ts';
import { guardDocuments } from '../../manifests/guard.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { startApiServer, type ApiServer } from './api-server/server.ts';
import {
  claimUrl,
  consoleEnv,
  development,
  keyserviceEnv,
  webhookEnv,
  writeToken,
  type Env,
  type Ground,
} from './environments.ts';
import { freePort } from './free-port.ts';
import { makeKeys } from './keys.ts';
import type { Kubernetes } from './kubelet/node-api.ts';
import { portsOf, startProgram, type Program } from './process.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const readManifests = (file: string) =>
  parseManifests(readFileSync(join(repository, 'manifests', file), 'utf8'));
const bundle = (name: string): string => join(repository, 'dist', `${name}.js`);

export interface StackOptions {
  /** Everything is written below it: certificates, keys, database, logs, tokens. */
  readonly dir: string;
  /** People who get a bearer. */
  readonly people: readonly string[];
  readonly launchersFile?: string | undefined;
  /** Callers without credentials may do at the API server what developers may, so that curl is enough. */
  readonly anonymous?: boolean;
  /** Overrides a service's variables, for drills and benches. */
  readonly env?: Readonly<
    Partial<Record<'console' | 'webhook' | 'keyservice', Readonly<Record<string, string>>>>
  >;
  /** More arguments for a service's Node, such as a profiler's. */
  readonly nodeArgs?: Readonly<Partial<Record<'console' | 'webhook' | 'keyservice', readonly string[]>>>;
  /** A connection URL; SQLite below `dir` where there is none. */
  readonly database?: string;
  readonly say: (line: string) => void;
}

type Ports = Readonly<Record<string, number>>;
export type Services = Readonly<Record<'console' | 'webhook' | 'keyservice', Program<Ports>>>;

export interface Stack {
  readonly dir: string;
  readonly kubernetes: ApiServer;
  readonly issuer: string;
  readonly services: Services;
  readonly urls: Readonly<
    Record<'console' | 'consoleResolve' | 'consoleClaim' | 'keyservice' | 'webhook', string>
  >;
  /** PEM file of the roots that every server here is verified with. */
  readonly caFile: string;
  readonly databaseFile: string;
  readonly bearers: Readonly<Record<string, string>>;
  /** Files with bearers for the API server. */
  readonly tokens: Readonly<Record<'admin' | 'kubelet', string>>;
  /** Folders with `tls.crt` and `tls.key`. */
  readonly clientDirs: Readonly<Record<'apiServer' | 'webhook' | 'console', string>>;
  /** Starts a service again on the ports that it had, after a drill has ended it. */
  readonly restart: (name: keyof Services, nodeArgs?: readonly string[]) => Promise<Program<Ports>>;
  /** Starts the identity provider again with a new key, and the old ones published; resolves to new bearers. */
  readonly rotateProvider: () => Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

const layGround = async (options: StackOptions): Promise<Ground> => {
  const { dir, say } = options;
  for (const folder of ['', 'logs', 'tokens']) mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
  say('issuing certificates and keys');
  const certificates = join(dir, 'certificates');
  const [, keys] = await Promise.all([
    ensureCertificates({ dir: certificates, extraNames: ['127.0.0.1', 'localhost'], now: new Date() }),
    makeKeys(join(dir, 'keys')),
  ]);
  const webClientSecretFile = join(dir, 'keys', 'console', 'web-client-secret');
  writeFileSync(webClientSecretFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const consolePort = await freePort();
  return {
    ...{ dir, certificates, keys, caFile: join(certificates, 'console', 'ca.crt') },
    ...{ consolePort, publicUrl: `https://127.0.0.1:${consolePort}`, webClientSecretFile, options },
  };
};

const logOf = (ground: Ground, name: string): string => join(ground.dir, 'logs', `${name}.log`);

/** The first of the keys signs. */
const startIdentityProvider = async (
  ground: Ground,
  keys: readonly string[],
  port = '0',
): Promise<{ program: Program<string>; bearers: Record<string, string> }> => {
  const files = ground.options.people.map(
    (name) => [name, join(ground.dir, 'tokens', `${name}.bearer`)] as const,
  );
  const program = await startProgram<string>({
    name: 'identity provider',
    args: [
      ...['--import=tsx', join(repository, 'scripts/dev/identity-provider/main.ts')],
      ...['--tls-dir', join(ground.certificates, 'console'), '--audience', development.audience],
      ...['--port', port, ...keys.flatMap((key) => ['--key-file', join(ground.dir, 'keys', `${key}.pem`)])],
      ...['--web-client', development.webClient, '--web-client-secret-file', ground.webClientSecretFile],
      ...['--web-redirect-uri', `${ground.publicUrl}/login/callback`],
      ...files.flatMap(([name, file]) => ['--bearer', `${name}=${file}`]),
    ],
    logFile: logOf(ground, 'identity-provider'),
    ready: ({ listening }) =>
      typeof listening === 'object' && listening && 'issuer' in listening
        ? String(listening.issuer)
        : undefined,
  });
  const bearers = Object.fromEntries(files.map(([name, file]) => [name, readFileSync(file, 'utf8').trim()]));
  return { program, bearers };
};

const leaf = (ground: Ground, name: string) => ({
  cert: readFileSync(join(ground.certificates, name, 'tls.crt'), 'utf8'),
  key: readFileSync(join(ground.certificates, name, 'tls.key'), 'utf8'),
});

const startKubernetes = (ground: Ground, issuer: string): Promise<ApiServer> => {
  const ca = readFileSync(ground.caFile, 'utf8');
  return startApiServer({
    host: '127.0.0.1',
    port: 0,
    tls: leaf(ground, 'console'),
    clientCa: ca,
    webhookClient: leaf(ground, 'apiserver-webhook'),
    oidc: { issuer, audience: development.audience, ca, usernameClaim: 'email' },
    manifests: [
      ...readManifests('base/rbac.yaml'),
      ...readManifests('components/all-namespaces/role-binding.yaml'),
    ],
    ...(ground.options.anonymous ? { anonymousRole: 'edit' } : {}),
  });
};

/** As in the images. A small young generation saves 12 MiB of the webhook’s memory. */
export const runtimeFlags = ['--max-semi-space-size=4'];

type Name = keyof Services;

const startService = (
  ground: Ground,
  name: Name,
  env: Env,
  nodeArgs: readonly string[] = ground.options.nodeArgs?.[name] ?? [],
): Promise<Program<Ports>> => {
  ground.options.say(`starting the ${name}`);
  return startProgram({
    name,
    args: [...runtimeFlags, ...nodeArgs, bundle(name)],
    env: { ...env, ...ground.options.env?.[name] },
    logFile: logOf(ground, name),
    ready: portsOf,
  });
};

/** The guard with this cluster's values, and the webhook configuration with its address instead of its Service. */
const register = async (ground: Ground, kubernetes: ApiServer, urls: Stack['urls']): Promise<void> => {
  const { launchersFile } = ground.options;
  const launchers = launchersFile === undefined ? [] : parseLaunchers(readFileSync(launchersFile, 'utf8'));
  const lines = launchers.flatMap(({ username, namespaces, annotation }) =>
    namespaces.map((namespace) => `${username} ${namespace} ${annotation}`),
  );
  kubernetes.apply(
    guardDocuments({
      image: development.image,
      claimUrl: claimUrl(urls),
      webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
      launchers: lines.join('\n'),
    }),
  );
  const clientConfig = { url: urls.webhook, caBundle: await caBundle(ground.certificates) };
  for (const document of readManifests('base/admission.yaml')) {
    const { webhooks } = document as { webhooks?: readonly object[] }; // a MutatingWebhookConfiguration has some
    if (webhooks)
      kubernetes.apply([
        { ...document, webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig })) },
      ]);
  }
};

/** What a kubelet of this cluster needs to run a pod's init container. */
export const kubeletOf = ({ kubernetes, caFile, tokens }: Stack): Kubernetes => ({
  url: kubernetes.url,
  ca: readFileSync(caFile, 'utf8'),
  token: readFileSync(tokens.kubelet, 'utf8'),
});

/** The ports that a service had, so that those who know its address find it again. */
const samePorts: Readonly<Record<Name, (ports: Ports) => Env>> = {
  console: (ports) => ({
    TWOFOLD_PUBLIC_PORT: String(ports['public']),
    TWOFOLD_RESOLVE_PORT: String(ports['resolve']),
    TWOFOLD_CLAIM_PORT: String(ports['claim']),
  }),
  keyservice: (ports) => ({ TWOFOLD_PORT: String(ports['api']) }),
  webhook: (ports) => ({ TWOFOLD_PORT: String(ports['webhook']) }),
};

/** Resolves once everything answers; on failure stops what was started. `dist/` must have been built. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.splice(0).map((each) => each()));
  };
  try {
    return await assemble(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
};

const assemble = async (
  options: StackOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stack> => {
  const ground = await layGround(options);
  options.say('starting the identity provider and the API server');
  const signingKeys = ['provider-1'];
  let identity = await startIdentityProvider(ground, signingKeys);
  stops.push(() => identity.program.stop());
  const kubernetes = await startKubernetes(ground, identity.program.ready);
  stops.push(() => kubernetes.close());

  const envs = {
    keyservice: keyserviceEnv(ground),
    console: await consoleEnv(ground, kubernetes, identity.program.ready),
  };
  const running = new Map<Name, Program<Ports>>();
  const run = async (name: Name, env: Env, nodeArgs?: readonly string[]): Promise<Program<Ports>> => {
    const program = await startService(ground, name, env, nodeArgs);
    running.set(name, program);
    return program;
  };
  stops.push(async () => {
    await Promise.all([...running.values()].map((program) => program.stop()));
  });
  const [keyservice, twofoldConsole] = await Promise.all([
    run('keyservice', envs.keyservice),
    run('console', envs.console),
  ]);
  const at = (port: number | undefined): string => `https://127.0.0.1:${port ?? 0}`;
  const urls = {
    console: at(twofoldConsole.ready['public']),
    consoleResolve: at(twofoldConsole.ready['resolve']),
    consoleClaim: at(twofoldConsole.ready['claim']),
    keyservice: at(keyservice.ready['api']),
  };
  const env = { ...envs, webhook: await webhookEnv(ground, kubernetes, urls) };
  const webhook = await run('webhook', env.webhook);
  const all = { ...urls, webhook: `${at(webhook.ready['webhook'])}/mutate` };
  await register(ground, kubernetes, all);
  const client = (name: string): string => join(ground.certificates, name);
  return {
    dir: ground.dir,
    kubernetes,
    issuer: identity.program.ready,
    services: { console: twofoldConsole, keyservice, webhook },
    urls: all,
    caFile: ground.caFile,
    databaseFile: join(ground.dir, 'twofold.db'),
    bearers: identity.bearers,
    tokens: {
      admin: await writeToken(ground, kubernetes, 'admin', 'admin', ['system:masters']),
      kubelet: await writeToken(ground, kubernetes, 'kubelet', 'system:node:development', ['system:nodes']),
    },
    clientDirs: {
      apiServer: client('apiserver-webhook'),
      webhook: client('webhook-unwrap'),
      console: client('console-rewrap'),
    },
    restart: async (name, nodeArgs) => {
      const before = running.get(name);
      await before?.stop();
      return await run(name, { ...env[name], ...samePorts[name](before?.ready ?? {}) }, nodeArgs);
    },
    rotateProvider: async () => {
      const { port } = new URL(identity.program.ready);
      await identity.program.stop();
      signingKeys.unshift(`provider-${signingKeys.length + 1}`);
      identity = await startIdentityProvider(ground, signingKeys, port);
      return identity.bearers;
    },
    stop,
  };
};
