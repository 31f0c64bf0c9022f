/** Bundles bench/floor.ts and starts it with the webhook's certificate, as a process that can be measured. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { portsOf, startProgram } from '../scripts/dev/process.ts';
import type { Stack } from '../scripts/dev/stack.ts';

export interface Floor {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** `args`: what bench/floor.ts takes after the folder of the certificate. */
export const startFloor = async (
  { dir }: Stack,
  name: string,
  ...args: readonly string[]
): Promise<Floor> => {
  const outfile = join(dir, `${name}.mjs`);
  const entry = fileURLToPath(new URL('floor.ts', import.meta.url));
  await build({
    ...{ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm' },
    ...{ outfile, logLevel: 'warning' },
  });
  const program = await startProgram({
    name,
    args: [outfile, join(dir, 'certificates', 'webhook'), ...args],
    logFile: join(dir, 'logs', `${name}.log`),
    ready: portsOf,
  });
  const url = `https://127.0.0.1:${program.ready['floor'] ?? 0}/`;
  return { pid: program.pid, url, stop: () => program.stop() };
};
