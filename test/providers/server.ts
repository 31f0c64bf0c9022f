/** A third-party identity provider as a process on the loopback address, until it answers; its output is in a file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpsClient } from '#platform/https-client.ts';
import { askUntil } from '../../scripts/dev/ask-until.ts';

interface ServerOptions {
  readonly command: readonly [string, ...string[]];
  readonly dir: string;
  readonly issuer: string;
  readonly ca: string;
  readonly withinMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProviderServer {
  readonly issuer: string;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<ProviderServer> {
  const { command, dir, issuer, ca, withinMs, env } = options;
  const [program, ...args] = command;
  const logFile = join(dir, 'log');
  const log = openSync(logFile, 'a', 0o600);
  // It ends with this process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig=TERM', '--', program, ...args], {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const client = createHttpsClient({ ca });
  const answers = async (): Promise<boolean | undefined> => {
    const url = `${issuer}/.well-known/openid-configuration`;
    const asked = client.call({ method: 'GET', url, timeoutMs: 2_000, maxResponseBytes: 1_000_000 });
    const { status } = await asked.catch(() => ({ status: 0 }));
    return child.exitCode !== null ? false : status === 200 || undefined;
  };
  const stop = async (): Promise<void> => {
    client.close();
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  const answered = await askUntil(answers, (answer) => answer !== undefined, { withinMs, everyMs: 200 });
  if (answered === true) return { issuer, stop };
  await stop();
  throw new Error(`${program} does not answer:\n${readFileSync(logFile, 'utf8').slice(-3_000)}`);
}
