/** Connections tried from a pod's own network: by root, in the namespace of its sandbox, so that no image needs a shell. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { V1Pod } from '@kubernetes/client-node';
import { podTasks } from '../cluster/node.ts';

export interface Attempt {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}
/** Open also where nobody listens; an error code where the network itself is not as expected. */
export type Result = 'open' | 'closed' | (string & {});

const program = fileURLToPath(new URL('try.ts', import.meta.url));

/** A process in the pod's network. */
export async function networkOf(pod: V1Pod): Promise<number> {
  const sandbox = (await podTasks(pod)).find(({ kind }) => kind === 'sandbox');
  if (!sandbox) throw new Error(`pod ${pod.metadata?.name ?? ''} has no sandbox`);
  return sandbox.pid;
}

/** In the order of the attempts. */
export async function tryAll(pid: number, attempts: readonly Attempt[]): Promise<readonly Result[]> {
  const child = spawn('nsenter', ['--target', String(pid), '--net', '--', process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(attempts));
  return JSON.parse(await text(child.stdout)) as readonly Result[]; // our own program's
}
