/** The identity provider of a development cluster, as a separate program. Development tool, no zone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { development, loopbackOf, logOf, urlOf, type Environment } from './environment.ts';
import { startProgram, type Program } from './process.ts';

export type Bearers = Readonly<Record<string, string>>;

export interface Identity {
  readonly issuer: string;
  /** Of the cluster's people. */
  readonly bearers: Bearers;
  /** Stops it, and starts it again with a new key and the old ones still published; resolves to new bearers. */
  readonly rotate: (meanwhile?: () => Promise<void>) => Promise<Bearers>;
  readonly stop: () => Promise<void>;
}

const main = fileURLToPath(new URL('../servers/identity-provider/main.ts', import.meta.url));

/** A launcher's own client, where there may be one: public, with a callback at each of its origins. */
function portalClient({ dir, options: { origins } }: Environment): readonly string[] {
  if (origins === undefined) return [];
  const file = join(dir, 'portal.json');
  const client = {
    client_id: development.portalClient,
    client_name: 'A portal',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: origins.split(',').map((origin) => `${origin}/callback`),
  };
  writeFileSync(file, JSON.stringify(client));
  return ['--client', file];
}

/** The first of the keys signs. */
async function start(
  environment: Environment,
  keys: readonly string[],
): Promise<{ program: Program<string>; bearers: Bearers }> {
  const files = environment.options.people.map(
    (name) => [name, join(environment.dir, 'tokens', `${name}.bearer`)] as const,
  );
  const program = await startProgram<string>({
    name: 'identity provider',
    args: [
      main,
      '--tls-dir',
      join(environment.certificates, 'console'),
      '--audience',
      development.audience,
      '--host',
      loopbackOf(environment),
      '--port',
      String(environment.ports.identityProvider),
      ...keys.flatMap((key) => ['--key-file', join(environment.dir, 'keys', `${key}.pem`)]),
      '--web-client',
      development.webClient,
      '--web-client-secret-file',
      environment.webClientSecretFile,
      '--web-redirect-uri',
      `${urlOf(environment, 'console')}/login/callback`,
      ...portalClient(environment),
      ...files.flatMap(([name, file]) => ['--bearer', `${name}=${file}`]),
    ],
    logFile: logOf(environment, 'identity-provider'),
    ready: ({ listening }) =>
      typeof listening === 'object' && listening && 'issuer' in listening
        ? String(listening.issuer)
        : undefined,
  });
  const bearers = Object.fromEntries(files.map(([name, file]) => [name, readFileSync(file, 'utf8').trim()]));
  return { program, bearers };
}

export async function startIdentityProvider(environment: Environment): Promise<Identity> {
  const keys = ['provider-1'];
  let started = await start(environment, keys);
  const { ready: issuer } = started.program;
  return {
    issuer,
    bearers: started.bearers,
    rotate: async (meanwhile) => {
      await started.program.stop();
      try {
        await meanwhile?.();
      } finally {
        keys.unshift(`provider-${keys.length + 1}`);
        started = await start(environment, keys);
      }
      return started.bearers;
    },
    stop: () => started.program.stop(),
  };
}
