/** Console, keyservice and webhook of a development cluster, as programs of their own. Development tool, no zone. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiServer } from './api-server/server.ts';
import { consoleEnv, keyserviceEnv, webhookEnv, type Env } from './environments.ts';
import { logOf, type Ground } from './ground.ts';
import { portsOf, startProgram, type Program } from './process.ts';

export type ServiceName = 'console' | 'webhook' | 'keyservice';
type Ports = Readonly<Record<string, number>>;
export type Service = Program<Ports>;
export type Urls = Readonly<
  Record<'console' | 'consoleResolve' | 'consoleClaim' | 'keyservice' | 'webhook', string>
>;

export interface Services {
  readonly programs: Readonly<Record<ServiceName, Service>>;
  readonly urls: Urls;
  /** Starts one again on the ports that it had. */
  readonly restart: (name: ServiceName, nodeArgs?: readonly string[]) => Promise<Service>;
}

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** As in the images. A small young generation saves 12 MiB of the webhook’s memory. */
export const runtimeFlags = ['--max-semi-space-size=4'];

/** As in the images. One arena of glibc's malloc, since threads hardly allocate there, saves the webhook some 10 MiB. */
export const runtimeEnv: Readonly<Partial<Record<ServiceName, Env>>> = { webhook: { MALLOC_ARENA_MAX: '1' } };

const startService = (
  ground: Ground,
  name: ServiceName,
  env: Env,
  nodeArgs: readonly string[] = ground.options.nodeArgs?.[name] ?? [],
): Promise<Service> => {
  ground.options.say(`starting the ${name}`);
  return startProgram({
    name,
    args: [...runtimeFlags, ...nodeArgs, join(dist, `${name}.js`)],
    env: { ...runtimeEnv[name], ...env, ...ground.options.env?.[name] },
    logFile: logOf(ground, name),
    ready: portsOf,
  });
};

/** The ports that a service had, so that those who know its address find it again. */
const samePorts: Readonly<Record<ServiceName, (ports: Ports) => Env>> = {
  console: (ports) => ({
    TWOFOLD_PUBLIC_PORT: String(ports['public']),
    TWOFOLD_RESOLVE_PORT: String(ports['resolve']),
    TWOFOLD_CLAIM_PORT: String(ports['claim']),
  }),
  keyservice: (ports) => ({ TWOFOLD_PORT: String(ports['api']) }),
  webhook: (ports) => ({ TWOFOLD_PORT: String(ports['webhook']) }),
};

/** Resolves once all three answer. What was started is in `stops`, whatever comes of it. */
export const startServices = async (
  ground: Ground,
  kubernetes: ApiServer,
  { issuer, stops }: { readonly issuer: string; readonly stops: (() => Promise<void>)[] },
): Promise<Services> => {
  const running = new Map<ServiceName, Service>();
  stops.push(async () => {
    await Promise.all([...running.values()].map((program) => program.stop()));
  });
  const run = async (name: ServiceName, env: Env, nodeArgs?: readonly string[]): Promise<Service> => {
    const program = await startService(ground, name, env, nodeArgs);
    running.set(name, program);
    return program;
  };
  const at = ({ ready }: Service, port: string): string => `https://127.0.0.1:${ready[port] ?? 0}`;

  const envs = {
    keyservice: keyserviceEnv(ground),
    console: await consoleEnv(ground, kubernetes, issuer),
  };
  const [keyservice, twofoldConsole] = await Promise.all([
    run('keyservice', envs.keyservice),
    run('console', envs.console),
  ]);
  const urls = {
    console: at(twofoldConsole, 'public'),
    consoleResolve: at(twofoldConsole, 'resolve'),
    consoleClaim: at(twofoldConsole, 'claim'),
    keyservice: at(keyservice, 'api'),
  };
  const env = { ...envs, webhook: await webhookEnv(ground, kubernetes, urls) };
  const webhook = await run('webhook', env.webhook);
  return {
    programs: { console: twofoldConsole, keyservice, webhook },
    urls: { ...urls, webhook: `${at(webhook, 'webhook')}/mutate` },
    restart: async (name, nodeArgs) => {
      const before = running.get(name);
      await before?.stop();
      return await run(name, { ...env[name], ...samePorts[name](before?.ready ?? {}) }, nodeArgs);
    },
  };
};
