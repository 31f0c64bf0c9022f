/** Console, keyservice and webhook of a development cluster, as separate programs. Development tool, no zone. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeToken, type Cluster } from './cluster.ts';
import { logOf, mutateUrl, urlOf, type Environment, type ServiceName } from './environment.ts';
import { portsOf, startProgram, type Program } from './process.ts';
import { consoleEnv, keyserviceEnv, webhookEnv, type ApiServerAccess, type Env } from './settings.ts';

type Ports = Readonly<Record<string, number>>;
type Service = Program<Ports>;
export type Urls = Readonly<
  Record<'console' | 'consoleResolve' | 'consoleClaim' | 'keyservice' | 'webhook', string>
>;

export interface Services {
  readonly programs: Readonly<Record<ServiceName, Service>>;
  readonly urls: Urls;
  /** Starts one again on the ports it had. */
  readonly restart: (name: ServiceName, nodeArgs?: readonly string[]) => Promise<Service>;
}

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** As in the images. A small young generation saves 12 MiB of the webhook’s memory. */
export const runtimeFlags = ['--max-semi-space-size=4'];

/** As in the images. One arena of glibc's malloc, since threads hardly allocate there, saves the webhook some 10 MiB. */
export const runtimeEnv: Readonly<Partial<Record<ServiceName, Env>>> = { webhook: { MALLOC_ARENA_MAX: '1' } };

function startService(
  environment: Environment,
  name: ServiceName,
  env: Env,
  nodeArgs: readonly string[] = environment.options.nodeArgs?.[name] ?? [],
): Promise<Service> {
  environment.options.say(`starting the ${name}`);
  return startProgram({
    name,
    args: [...runtimeFlags, ...nodeArgs, join(dist, `${name}.js`)],
    within: environment.options.within?.[name],
    env: { ...runtimeEnv[name], ...env, ...environment.options.env?.[name] },
    logFile: logOf(environment, name),
    ready: portsOf,
  });
}

/** Resolves once all three respond. What was started is in `stops` in any case. */
export async function startServices(
  environment: Environment,
  kubernetes: Cluster,
  { issuer, stops }: { readonly issuer: string; readonly stops: (() => Promise<void>)[] },
): Promise<Services> {
  const started = new Map<ServiceName, Promise<Service>>();
  stops.push(async () => {
    const programs = await Promise.allSettled(started.values());
    await Promise.all(programs.flatMap((each) => (each.status === 'fulfilled' ? each.value.stop() : [])));
  });
  const run = (name: ServiceName, env: Env, nodeArgs?: readonly string[]): Promise<Service> => {
    const program = startService(environment, name, env, nodeArgs);
    started.set(name, program);
    return program;
  };
  const apiServerFor = async (name: 'console' | 'webhook'): Promise<ApiServerAccess> => ({
    url: kubernetes.url,
    ca: kubernetes.ca,
    tokenFile: await writeToken(
      environment,
      kubernetes,
      name,
      `system:serviceaccount:twofold-${name}:${name}`,
    ),
  });
  const env = {
    keyservice: keyserviceEnv(environment),
    console: consoleEnv(environment, await apiServerFor('console'), issuer),
    webhook: webhookEnv(environment, await apiServerFor('webhook')),
  };
  const [keyservice, twofoldConsole, webhook] = await Promise.all([
    run('keyservice', env.keyservice),
    run('console', env.console),
    run('webhook', env.webhook),
  ]);
  return {
    programs: { console: twofoldConsole, keyservice, webhook },
    urls: {
      console: urlOf(environment, 'console'),
      consoleResolve: urlOf(environment, 'consoleResolve'),
      consoleClaim: urlOf(environment, 'consoleClaim'),
      keyservice: urlOf(environment, 'keyservice'),
      webhook: mutateUrl(environment),
    },
    restart: async (name, nodeArgs) => {
      // One that did not start has nothing to stop.
      const before = await started.get(name)?.catch(() => undefined);
      await before?.stop();
      return await run(name, env[name], nodeArgs);
    },
  };
}
