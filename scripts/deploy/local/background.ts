/** Programs that keep running after the deployment that started them, until the local cluster ends. Development tool, no zone. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DeployError } from '../failure.ts';

const LISTENS_WITHIN_MS = 30_000;
const EVERY_MS = 100;

export interface Program {
  /** In its command line: tells its process from another that has since got its number. */
  readonly marker: string;
  readonly command: readonly [string, ...string[]];
  readonly pidFile: string;
  readonly logFile: string;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Its arguments, each followed by a NUL; empty for a process that is gone. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function runningPid({ pidFile, marker }: Program): number | undefined {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  return pid > 0 && commandLine(pid).includes(marker) ? pid : undefined;
}

export function isRunning(program: Program): boolean {
  return runningPid(program) !== undefined;
}

/** Whether it runs with exactly this command, not with the arguments of an earlier version. */
export function runsAsGiven(program: Program): boolean {
  const pid = runningPid(program);
  return pid !== undefined && commandLine(pid) === [...program.command, ''].join('\0');
}

function listens(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function start({ command: [file, ...args], pidFile, logFile }: Program): void {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  child.unref();
  writeFileSync(pidFile, String(child.pid ?? 0));
}

export async function stopProgram(program: Program): Promise<void> {
  const pid = runningPid(program);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  while (isRunning(program)) await wait(EVERY_MS);
}

/** Starts it unless it runs, and waits until it listens. Rejects with a DeployError that names its log. */
export async function ensureProgram(program: Program, address: Address): Promise<void> {
  if (!isRunning(program)) start(program);
  const started = Date.now();
  while (!(await listens(address))) {
    if (!isRunning(program) || Date.now() - started > LISTENS_WITHIN_MS)
      throw new DeployError(
        `${program.marker} does not listen on ${address.host}:${address.port}`,
        `see ${program.logFile}`,
      );
    await wait(EVERY_MS);
  }
}
