/** Starts a program of the development cluster, waits until it listens, stops it by its pid. Development tool, no zone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

interface ProgramOptions<T> {
  readonly name: string;
  /** Arguments for Node. */
  readonly args: readonly string[];
  /** A program and its arguments that replaces itself by the command after them, such as `nsenter`. */
  readonly within?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Everything that it prints. */
  readonly logFile: string;
  /** What a printed JSON line tells about being ready, or undefined. */
  readonly ready: (line: Readonly<Record<string, unknown>>) => T | undefined;
}

export interface Program<T> {
  readonly pid: number;
  readonly ready: T;
  readonly exited: Promise<number | null>;
  /** SIGTERM, then SIGKILL if it does not end within 25 s. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 25_000;

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // A JSON object has unknown members.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function untilReady<T>(
  child: ChildProcess,
  exited: Promise<number | null>,
  options: ProgramOptions<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      const tail = readFileSync(options.logFile, 'utf8').split('\n').slice(-15).join('\n');
      reject(new Error(`${options.name} ${why}; the end of ${options.logFile}:\n${tail}`));
    };
    const timer = setTimeout(
      () => fail(`did not listen within ${READY_WITHIN_MS / 1000} s`),
      READY_WITHIN_MS,
    );
    if (!child.stdout) throw new Error('standard output is a pipe');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = parseLine(line);
      const ready = parsed && options.ready(parsed);
      if (ready === undefined) return;
      clearTimeout(timer);
      resolve(ready);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      fail(`ended with ${code ?? 'a signal'}`);
    });
  });
}

export async function startProgram<T>(options: ProgramOptions<T>): Promise<Program<T>> {
  const [program = process.execPath, ...args] = [
    ...(options.within ?? []),
    process.execPath,
    ...options.args,
  ];
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      log.end(() => resolve(code));
    });
  });
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(timer);
  };
  try {
    const ready = await untilReady(child, exited, options);
    return { pid: child.pid ?? 0, ready, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The ports of a service, from its `listening` line. */
export function portsOf(
  line: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> | undefined {
  return line['event'] === 'listening' && typeof line['ports'] === 'object'
    ? // platform/service.ts writes it.
      (line['ports'] as Record<string, number>)
    : undefined;
}
