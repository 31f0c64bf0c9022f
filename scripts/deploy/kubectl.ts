/**
 * The cluster, through `kubectl`: anyone who deploys already has it, with the access and the login plug-ins that their
 * cluster needs. Objects go in on standard input, never in arguments, and are not part of an error. No zone.
 */
import { spawn } from 'node:child_process';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that failed; `said` is kubectl's own message. */
export class KubectlError extends Error {
  readonly said: string;

  constructor(args: readonly string[], said: string) {
    super(`kubectl ${args.join(' ')}: ${said}`);
    this.name = 'KubectlError';
    this.said = said;
  }
}

export interface Kubectl {
  /** What it printed. Rejects with a KubectlError. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** Like `run`, with the exit code instead of a rejection. */
  attempt(args: readonly string[], input?: string): Promise<Answer>;
  /** One object, or undefined where there is none. The caller asserts the type. */
  find<T>(args: readonly string[]): Promise<T | undefined>;
  /** The items of a list. */
  list<T>(args: readonly string[]): Promise<readonly T[]>;
  /** Server-side, so that no copy of an object (a Secret!) is left in its annotations. */
  apply(objects: readonly KubernetesObject[], manager?: string): Promise<void>;
}

/** Field manager of what the overlay and the key generation write. */
const MANAGER = 'twofold-deploy';
const MAX_SAID = 2000;

/** `kubectl apply` as it is run here. */
export function applyArgs(manager = MANAGER): readonly string[] {
  return ['apply', '--server-side', `--field-manager=${manager}`, '--force-conflicts'];
}

function start(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn('kubectl', args, { stdio: 'pipe', env });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (cause) =>
      reject(new DeployError('kubectl cannot be started', 'install kubectl, or put it on the PATH', cause)),
    );
    child.once('close', (code) =>
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8').trim(),
      }),
    );
    // It may exit before it has read everything; its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function asList(objects: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

/** The environment says where kubectl is, and which cluster. */
export function createKubectl(env: NodeJS.ProcessEnv = process.env): Kubectl {
  const attempt: Kubectl['attempt'] = (args, input = '') => start(args, input, env);
  const run: Kubectl['run'] = async (args, input) => {
    const { code, stdout, stderr } = await attempt(args, input);
    if (code !== 0) throw new KubectlError(args, stderr.slice(0, MAX_SAID));
    return stdout;
  };
  return {
    run,
    attempt,
    find: async <T>(args: readonly string[]) => {
      const text = await run(['get', ...args, '--ignore-not-found', '-o', 'json']);
      return text.trim() === '' ? undefined : (JSON.parse(text) as T);
    },
    list: async <T>(args: readonly string[]) => {
      const text = await run(['get', ...args, '-o', 'json']);
      // With --ignore-not-found, it prints nothing where there is nothing.
      return text.trim() === '' ? [] : (JSON.parse(text) as { items: readonly T[] }).items;
    },
    apply: async (objects, manager) => {
      if (objects.length === 0) return;
      await run([...applyArgs(manager), '-f', '-'], asList(objects));
    },
  };
}
