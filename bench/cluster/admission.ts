/**
 * Admission as the API server sees it: its own histogram of Twofold's webhook at 1 and at 20 pods a second, and what
 * the services consume during that time, from the kubelet. The pods are gated, so that no kubelet competes.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Cluster } from '../../test/e2e/cluster/connection.ts';
import { kubectlOutput } from '../../test/e2e/cluster/kubectl.ts';
import { pod, uniqueName } from '../../test/e2e/sessions/pods.ts';
import type { Bench, Figure } from '../figure.ts';
import { bucketsOf, quantile, type Buckets } from './histogram.ts';

const RATES = [1, 20] as const;
const SECONDS = 20;
const METRIC = 'apiserver_admission_webhook_admission_duration_seconds_bucket';
const WEBHOOK = { name: 'pods.twofold.dev' };
const SERVICES = ['console', 'webhook', 'keyservice'] as const;
/** The kubelet measures containers every 10 to 15 s. */
const MEASURED_AFTER_MS = 16_000;

async function webhookBuckets(): Promise<Buckets> {
  return bucketsOf(await kubectlOutput(['get', '--raw', '/metrics']), METRIC, WEBHOOK);
}

interface Sample {
  readonly cpuSeconds: number;
  readonly bytes: number;
}

/** All replicas of a service together, on all nodes. */
async function taken(cluster: Cluster): Promise<ReadonlyMap<string, Sample>> {
  const { items } = await cluster.core.listNode();
  const texts = await Promise.all(
    items.map(({ metadata }) =>
      kubectlOutput(['get', '--raw', `/api/v1/nodes/${metadata?.name ?? ''}/proxy/metrics/resource`]),
    ),
  );
  const lines = texts.join('\n').split('\n');
  const sum = (metric: string, service: string): number =>
    lines
      .filter((line) => line.startsWith(`${metric}{container="${service}",namespace="twofold-${service}"`))
      .reduce((all, line) => all + Number(line.split(' ')[1]), 0);
  return new Map(
    SERVICES.map((service) => [
      service,
      {
        cpuSeconds: sum('container_cpu_usage_seconds_total', service),
        bytes: sum('container_memory_working_set_bytes', service),
      },
    ]),
  );
}

function figure(what: string, value: number, unit: string): Figure {
  return {
    bench: 'cluster',
    what,
    value,
    unit,
  };
}

/** Creates pods at an even rate. */
async function create(cluster: Cluster, annotations: Readonly<Record<string, string>>, rate: number) {
  const label = uniqueName('rate');
  const made: Promise<boolean>[] = [];
  const began = performance.now();
  for (let at = 0; at < rate * SECONDS; at += 1) {
    await wait(Math.max(0, began + (at * 1000) / rate - performance.now()));
    const spec = { schedulingGates: [{ name: 'twofold.dev/bench' }] };
    const body = pod({ annotations, labels: { bench: label }, name: uniqueName('bench'), spec });
    made.push(
      cluster.createPod(body).then(
        () => true,
        () => false,
      ),
    );
  }
  return { label, refused: (await Promise.all(made)).filter((admitted) => !admitted).length };
}

async function atRate(
  cluster: Cluster,
  annotations: Readonly<Record<string, string>>,
  rate: number,
): Promise<readonly Figure[]> {
  await wait(MEASURED_AFTER_MS);
  const [buckets, before] = await Promise.all([webhookBuckets(), taken(cluster)]);
  const { label, refused } = await create(cluster, annotations, rate);
  const after = await webhookBuckets();
  await wait(MEASURED_AFTER_MS);
  const now = await taken(cluster);
  await kubectlOutput([
    'delete',
    'pods',
    '--namespace',
    cluster.sessions,
    '--selector',
    `bench=${label}`,
    '--wait=false',
  ]);
  const at = `${rate} ${rate === 1 ? 'pod' : 'pods'}/s`;
  return [
    { ...figure(`admission at ${at}, pods refused`, refused, ''), target: { atMost: 0 } },
    figure(`admission at ${at}, API server’s p50`, quantile(buckets, after, 0.5) * 1000, 'ms'),
    figure(`admission at ${at}, API server’s p99`, quantile(buckets, after, 0.99) * 1000, 'ms'),
    ...SERVICES.flatMap((service) => {
      const spent = (now.get(service)?.cpuSeconds ?? NaN) - (before.get(service)?.cpuSeconds ?? NaN);
      return [
        figure(
          `${service} at ${at}, processor time a pod, all replicas`,
          (spent * 1000) / (rate * SECONDS),
          'ms',
        ),
        figure(
          `${service} at ${at}, memory of all replicas`,
          (now.get(service)?.bytes ?? NaN) / 2 ** 20,
          'MiB',
        ),
      ];
    }),
  ];
}

export const benchClusterAdmission: Bench = async (say) => {
  const cluster = connect();
  const erin = cluster.person('erin');
  await cluster.keep(erin, 'bench-0', 'x'.repeat(40));
  const { annotations } = await erin.ticket({ namespace: cluster.sessions, secrets: ['bench-0'] });
  const figures: Figure[] = [];
  for (const rate of RATES) {
    say(`admission at ${rate} pods a second for ${SECONDS} s`);
    figures.push(...(await atRate(cluster, annotations, rate)));
  }
  erin.close();
  return figures;
};
