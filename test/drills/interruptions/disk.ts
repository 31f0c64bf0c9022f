/**
 * A small disk of its own that a drill can fill: memory, mounted where only one process and those that enter its
 * namespaces see it, so that it goes with that process. Needs no root where user namespaces are allowed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testFolder } from '../../folder.ts';

export interface Disk {
  /** Where it is mounted, for whoever is `within`. */
  readonly folder: string;
  /** Starts a command that sees it: see EnvironmentOptions. */
  readonly within: readonly string[];
  /** The same folder, for this process. */
  readonly outside: string;
  /** Until not one byte more fits. */
  fill(): void;
  /** Makes room again. */
  free(): void;
  close(): Promise<void>;
}

const PAGE = Buffer.alloc(4096, 'x');

export async function startDisk(bytes: number): Promise<Disk> {
  const folder = testFolder('disk');
  const script = `mount -t tmpfs -o mode=0700,size=${bytes} tmpfs "$0" && echo mounted && exec cat`;
  const holder = spawn('unshare', ['-rm', 'sh', '-c', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const [line] = (await Promise.race([once(createInterface({ input: holder.stdout }), 'line'), ended])) as [
    unknown,
  ];
  if (line !== 'mounted') throw new Error('unshare -rm cannot mount a file system here');
  const pid = holder.pid ?? 0;
  const outside = join('/proc', String(pid), 'root', folder);
  const filler = join(outside, 'filler');
  return {
    folder,
    outside,
    within: ['nsenter', '--preserve-credentials', '-U', '-m', '-t', String(pid)],
    fill: () => {
      // Less and less, since the last page may have room for a part.
      for (let size = PAGE.length; size > 0;) {
        try {
          appendFileSync(filler, PAGE.subarray(0, size));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
          size = Math.floor(size / 2);
        }
      }
    },
    free: () => {
      if (existsSync(filler)) rmSync(filler);
    },
    close: async () => {
      holder.stdin.end();
      await ended;
    },
  };
}
