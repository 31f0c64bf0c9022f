/**
 * The injector's bundle for ten secrets: from the start of its process to its end, all files written, and its peak
 * resident memory; claims go to a running console.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../scripts/build.ts';
import type { Pod } from '../scripts/dev/kubernetes/objects.ts';
import { runInitContainer } from '../scripts/dev/kubelet/init-container.ts';
import { createPerson } from '../scripts/dev/person.ts';
import { development } from '../scripts/dev/environment.ts';
import { kubeletOf, startStack, type Stack } from '../scripts/dev/stack.ts';
import { percentile, type Bench } from './figure.ts';

const RUNS = 20;
const SECRETS = 10;

/**
 * Loaded before the bundle: reports at exit how long the process lived and how large it was. Not by getrusage, whose
 * maximum counts from before the exec: it would be the memory of the bench, which forked it.
 */
const probe = `data:text/javascript,${encodeURIComponent(
  'import { readFileSync } from "node:fs"; process.on("exit", () => process.stderr.write("\\nPROBE " + JSON.stringify({ms: performance.now(), kib: Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1])}) + "\\n"))',
)}`;

interface Sample {
  readonly ms: number;
  readonly kib: number;
}

async function createPod(stack: Stack): Promise<Pod> {
  const ca = readFileSync(stack.caFile, 'utf8');
  const bearer = stack.bearers['alice'] ?? '';
  const alice = createPerson({ url: stack.urls.console, ca, bearer });
  const launcher = createPerson({ url: stack.kubernetes.url, ca, bearer });
  const secrets = Array.from({ length: SECRETS }, (_, at) => `secret-${at}`);
  for (const name of secrets) await alice.store(name, 'x'.repeat(40));
  const { annotations } = await alice.ticket({ namespace: development.namespace, secrets });
  const pod = {
    metadata: { name: 'bench', annotations },
    spec: { containers: [{ name: 'main', image: 'example/app:1.0' }] },
  };
  const created = await launcher.must<Pod>('POST', `/api/v1/namespaces/${development.namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    ...pod,
  });
  alice.close();
  launcher.close();
  return created;
}

async function runOnce(stack: Stack, pod: Pod, injector: string): Promise<Sample> {
  const outcome = await runInitContainer({
    kubernetes: kubeletOf(stack),
    pod,
    root: join(stack.dir, 'pod'),
    command: [process.execPath, `--import=${probe}`, injector],
  });
  if (!outcome.started) throw new Error(outcome.reason);
  const files = outcome.files.length;
  outcome.cleanUp();
  if (outcome.exitCode !== 0 || files !== SECRETS)
    throw new Error(`${outcome.terminationMessage} (${files} files)`);
  const line = /PROBE (.*)/.exec(outcome.stderr)?.[1] ?? '';
  return JSON.parse(line) as Sample; // the probe's own
}

export const benchInjector: Bench = async (say) => {
  say(`injector: ${RUNS} runs with ${SECRETS} secrets`);
  const dir = mkdtempSync(join(tmpdir(), 'twofold-bench-'));
  const bundles = await build();
  const injector = bundles.find(({ name }) => name === 'injector')?.file ?? '';
  const stack = await startStack({ dir, people: ['alice'], say: () => undefined });
  try {
    const pod = await createPod(stack);
    const samples: Sample[] = [];
    for (let run = 0; run < RUNS; run += 1) samples.push(await runOnce(stack, pod, injector));
    const ms = samples.map((sample) => sample.ms);
    const mib = Math.max(...samples.map(({ kib }) => kib)) / 1024;
    return [
      {
        bench: 'injector',
        what: 'start to files written, p50',
        value: percentile(ms, 0.5),
        unit: 'ms',
        target: { atMost: 120 },
      },
      { bench: 'injector', what: 'start to files written, p95', value: percentile(ms, 0.95), unit: 'ms' },
      { bench: 'injector', what: 'largest resident memory', value: mib, unit: 'MiB', target: { atMost: 60 } },
    ];
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
