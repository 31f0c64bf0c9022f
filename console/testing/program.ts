/** The console as its bundle in a process of its own, with the settings of a test console that has been stopped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, repository } from '../../scripts/build.ts';

export interface Program {
  readonly process: ChildProcess;
  readonly publicUrl: string;
  /** Every line of its log so far. */
  readonly lines: readonly string[];
}

/** Next to `dist/`, so that no other build is touched and the native driver is found. */
const outdir = join(repository, 'dist', 'test', 'console');
export const bundle = join(outdir, 'console.js');

export function buildBundle(): Promise<unknown> {
  return build({ names: ['console'], outdir });
}

export async function ended(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

/** Resolves once it listens. */
export function launch(env: Readonly<Record<string, string>>): Promise<Program> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundle], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    // Read to its end: a pipe that nobody reads blocks the process that writes to it.
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const { event, ports } = JSON.parse(line) as { event: string; ports?: { public: number } }; // the console's log
      if (event === 'listening' && ports)
        resolve({ process: child, publicUrl: `https://127.0.0.1:${ports.public}`, lines });
    });
    child.once('exit', () => reject(new Error('the console ended before it listened')));
  });
}
