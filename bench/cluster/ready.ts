/**
 * Pod create → Ready with ten secrets, compared with the same pod whose init container, of the same image, does nothing.
 * Alternating, so that both meet the same noise.
 */
import { connect } from '../../test/e2e/cluster/connection.ts';
import { container, pod, uniqueName } from '../../test/e2e/sessions/pods.ts';
import { percentile, type Bench } from '../figure.ts';
import { watchReady } from './watch.ts';

const PAIRS = 20;
const SECRETS = 10;

function noOp(image: string) {
  return container({
    name: 'no-op',
    image,
    command: ['/nodejs/bin/node', '--max-semi-space-size=1', '-e', '0'],
  });
}

export const benchReady: Bench = async (say) => {
  const cluster = connect();
  const { sessions: namespace, endpoints } = cluster;
  const erin = cluster.person('erin');
  const names = Array.from({ length: SECRETS }, (_, at) => `bench-${at}`);
  for (const name of names) await cluster.keep(erin, name, 'x'.repeat(40));
  const { annotations } = await erin.ticket({ namespace, secrets: names });
  const bench = uniqueName('ready');
  const watch = await watchReady(cluster.config, namespace, `bench=${bench}`);
  const timed = async (options: Parameters<typeof pod>[0]): Promise<number> => {
    const name = uniqueName('bench');
    const started = performance.now();
    await cluster.createPod(pod({ ...options, name, labels: { bench } }));
    const took = (await watch.readyAt(name)) - started;
    await cluster.core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
    return took;
  };
  const [plain, injected]: [number[], number[]] = [[], []];
  try {
    for (let at = 0; at < PAIRS; at += 1) {
      if (at % 5 === 0) say(`pod create to Ready: pair ${at + 1} of ${PAIRS}`);
      plain.push(await timed({ spec: { initContainers: [noOp(endpoints.images.injector)] } }));
      injected.push(await timed({ annotations }));
    }
  } finally {
    watch.close();
    erin.close();
  }
  const [base, with10] = [percentile(plain, 0.5), percentile(injected, 0.5)];
  const figure = (what: string, value: number, unit: string) => ({ bench: 'cluster', what, value, unit });
  return [
    figure('create to Ready, init container that does nothing, p50', base, 'ms'),
    figure(`create to Ready, ${SECRETS} secrets, p50`, with10, 'ms'),
    { ...figure('the second over the first', with10 / base, '×'), target: { atMost: 1.1 } },
  ];
};
