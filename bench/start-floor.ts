/** Bundles bench/floor.ts and starts it with the webhook's certificate, as processes that can be measured. */
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

/** Bundled once; then each call starts one. `args`: what bench/floor.ts takes after the folder of the certificate. */
export const prepareFloor = async ({
  dir,
}: Stack): Promise<(name: string, ...args: readonly string[]) => Promise<Floor>> => {
  const outfile = join(dir, 'floor.mjs');
  const entry = fileURLToPath(new URL('floor.ts', import.meta.url));
  await build({
    ...{ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm' },
    ...{ outfile, logLevel: 'warning' },
  });
  return async (name, ...args) => {
    const program = await startProgram({
      name,
      args: [outfile, join(dir, 'certificates', 'webhook'), ...args],
      logFile: join(dir, 'logs', `${name}.log`),
      ready: portsOf,
    });
    const url = `https://127.0.0.1:${program.ready['floor'] ?? 0}/`;
    return { pid: program.pid, url, stop: () => program.stop() };
  };
};
