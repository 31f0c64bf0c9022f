/** `kubectl` as a user runs it, against the cluster of `make e2e`. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface KubectlOptions {
  readonly input?: string;
  /** A person with their own role, instead of the administrator. */
  readonly as?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 120_000;

/** Whatever the exit code. Rejects when it cannot be started or does not end in time. */
export async function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<Ran> {
  const impersonated = options.as === undefined ? [] : ['--as', options.as];
  const child = spawn('kubectl', [...impersonated, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? TIMEOUT_MS,
  });
  // If it ended before it read this, its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === null) reject(new Error(`kubectl ${args.join(' ')} was ended by ${signal ?? 'nobody'}`));
      else resolve(code);
    });
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Its standard output; rejects with its error output unless it succeeded. */
export async function kubectlOutput(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
  return stdout;
}

/** What `kubectl apply` would read. */
export function manifest(...objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}
