/** The identity provider of a development cluster, as a program of its own. Development tool, no zone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { development } from '../environments.ts';
import { logOf, urlOf, type Ground } from '../ground.ts';
import { startProgram, type Program } from '../process.ts';

export type Bearers = Readonly<Record<string, string>>;

export interface Identity {
  readonly issuer: string;
  /** Of the cluster's people. */
  readonly bearers: Bearers;
  /** Ends it, and starts it again with a new key and the old ones published; resolves to new bearers. */
  readonly rotate: (meanwhile?: () => Promise<void>) => Promise<Bearers>;
  readonly stop: () => Promise<void>;
}

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The first of the keys signs. */
async function start(
  ground: Ground,
  keys: readonly string[],
): Promise<{ program: Program<string>; bearers: Bearers }> {
  const files = ground.options.people.map(
    (name) => [name, join(ground.dir, 'tokens', `${name}.bearer`)] as const,
  );
  const program = await startProgram<string>({
    name: 'identity provider',
    args: [
      main,
      '--tls-dir',
      join(ground.certificates, 'console'),
      '--audience',
      development.audience,
      '--port',
      String(ground.ports.identityProvider),
      ...keys.flatMap((key) => ['--key-file', join(ground.dir, 'keys', `${key}.pem`)]),
      '--web-client',
      development.webClient,
      '--web-client-secret-file',
      ground.webClientSecretFile,
      '--web-redirect-uri',
      `${urlOf(ground, 'console')}/login/callback`,
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
}

export async function startIdentityProvider(ground: Ground): Promise<Identity> {
  const keys = ['provider-1'];
  let started = await start(ground, keys);
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
        started = await start(ground, keys);
      }
      return started.bearers;
    },
    stop: () => started.program.stop(),
  };
}
