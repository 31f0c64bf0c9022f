/**
 * `make deploy` and `make certs-renew` from within the scenarios, as make runs them inside the cluster's namespaces.
 * What a test cannot wait for, months and the overlap of two roots, is simulated in the folder of the CA.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { V1Pod } from '@kubernetes/client-node';
import { leafPlans } from '../../../certs/plan.ts';
import { encodeState, parseState } from '../../../certs/rotation.ts';
import { eventually } from '../../eventually.ts';
import type { Cluster } from './connection.ts';
import { kubectlOutput } from './kubectl.ts';
import { createServices, namespaceOf, SERVICES } from './services.ts';

const main = fileURLToPath(new URL('../../../scripts/deploy/main.ts', import.meta.url));

/** Its exit code, and everything that it printed. */
export async function deployment(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly printed: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, printed: out + err };
}

const folder = fileURLToPath(new URL('../../../.cluster/certificates', import.meta.url));
const stateFile = join(folder, 'root/state.json');

function state() {
  const parsed = parseState(readFileSync(stateFile, 'utf8'));
  if (!parsed) throw new Error(`${stateFile} is damaged`);
  return parsed;
}

/** Phases of the roots, oldest first. */
export function phases(): readonly string[] {
  return state().roots.map(({ phase }) => phase);
}
export function rootIds(): readonly string[] {
  return state().roots.map(({ id }) => id);
}

async function certsRenew(...options: readonly string[]): Promise<void> {
  const { code, printed } = await deployment('certificates', ...options);
  if (code !== 0) throw new Error(printed);
}

function mountedLeaves({ spec }: V1Pod): number {
  return (spec?.volumes ?? []).filter(({ secret }) => secret?.secretName?.endsWith('-tls')).length;
}

async function reloads({ metadata }: V1Pod, since: Date): Promise<number> {
  const log = await kubectlOutput([
    'logs',
    metadata?.name ?? '',
    '--namespace',
    metadata?.namespace ?? '',
    `--since-time=${since.toISOString()}`,
  ]);
  return log.split('\n').filter((line) => line.includes('"certificates reloaded"')).length;
}

/** Until every service has read each of its folders again. A kubelet syncs a touched pod immediately. */
async function takenUp(cluster: Cluster, since: Date): Promise<void> {
  const services = createServices(cluster);
  for (const service of SERVICES) {
    const touch = `scenarios/touched=${String(since.getTime())}`;
    const all = ['--all', `--namespace=${namespaceOf(service)}`, '--overwrite'];
    await kubectlOutput(['annotate', 'pods', ...all, touch]);
  }
  for (const pod of (await Promise.all(SERVICES.map((service) => services.pods(service)))).flat()) {
    await eventually(
      `${pod.metadata?.name ?? ''} has read its certificates again`,
      async () => (await reloads(pod, since)) >= mountedLeaves(pod),
      { timeoutMs: 150_000 },
    );
  }
}

function forgetLeaves(): void {
  for (const leaf of leafPlans) rmSync(join(folder, leaf.folder), { recursive: true });
}

/** A new certificate and key for every leaf, under the same root; resolves when all services use them. */
export async function renewLeaves(cluster: Cluster): Promise<void> {
  forgetLeaves();
  const since = new Date();
  await certsRenew();
  await takenUp(cluster, since);
}

/**
 * The next step of replacing the root, as if the overlap had passed; resolves when all services use it. With new leaves
 * too, where `leaves` says so: a daily run may do both.
 */
export async function stepRoot(cluster: Cluster, { leaves = false } = {}): Promise<void> {
  const { settledAt, roots } = state();
  const rotating = roots.length > 1;
  if (rotating && settledAt) writeFileSync(stateFile, encodeState({ roots, settledAt: new Date(0) }));
  if (leaves) forgetLeaves();
  const since = new Date();
  await certsRenew('--rotate', 'yes', '--overlap-days', '0');
  await takenUp(cluster, since);
}

/** Completes what a failed scenario left half done. */
export async function finishRotation(cluster: Cluster): Promise<void> {
  while (state().roots.length > 1) await stepRoot(cluster);
}
