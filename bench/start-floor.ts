/** Bundles bench/floor.ts and starts it with the webhook's certificate, as a process that can be measured. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { portsOf, startProgram } from '../scripts/dev/process.ts';

interface Floor {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** `dir` holds `certificates/`, and gets the bundle and its log. */
export async function startFloor(dir: string, patchBytes: string): Promise<Floor> {
  const outfile = join(dir, 'floor.mjs');
  const entry = fileURLToPath(new URL('floor.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'warning',
  });
  const program = await startProgram({
    name: 'floor',
    args: [outfile, join(dir, 'certificates', 'webhook'), patchBytes],
    logFile: join(dir, 'floor.log'),
    ready: portsOf,
  });
  const url = `https://127.0.0.1:${program.ready['floor'] ?? 0}/`;
  return { pid: program.pid, url, stop: () => program.stop() };
}
