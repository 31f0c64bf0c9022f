/** Waits until Deployments run as they were applied, with a line for each change; ends early where waiting is pointless. No zone. */
import { setTimeout as wait } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describePod, isHopeless } from './diagnosis.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import type { Reference } from './rendering.ts';

const EVERY_MS = 1000;
/** Pods of an earlier template may be failing too, but are on their way out. */
const HOPELESS_FOR_MS = 15_000;

interface Progress {
  readonly ready: number;
  readonly wanted: number;
  readonly done: boolean;
}

/** Like `kubectl rollout status`: every replica is of the newest template and available, and no old one is left. */
export function progressOf({ metadata, spec, status }: V1Deployment): Progress {
  const wanted = spec?.replicas ?? 1;
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const ready = seen ? Math.min(status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0) : 0;
  return { ready, wanted, done: seen && ready >= wanted && (status?.replicas ?? 0) === wanted };
}

function labelOf(deployment: V1Deployment): string {
  return Object.entries(deployment.spec?.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function podsOf(
  kubectl: Kubectl,
  { namespace }: Reference,
  deployment: V1Deployment,
): Promise<readonly V1Pod[]> {
  return kubectl.list<V1Pod>(['pods', '-n', namespace, '-l', labelOf(deployment)]);
}

function isWell({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
}

async function explain(
  kubectl: Kubectl,
  unfinished: readonly (readonly [Reference, V1Deployment])[],
): Promise<string> {
  const pods = (await Promise.all(unfinished.map(([where, each]) => podsOf(kubectl, where, each)))).flat();
  const described = await Promise.all(
    pods.filter((pod) => !isWell(pod)).map((pod) => describePod(kubectl, pod)),
  );
  return described.length > 0
    ? described.join('\n  ')
    : unfinished
        .map(([{ namespace }]) => `no pods in ${namespace}: kubectl -n ${namespace} get events`)
        .join('\n  ');
}

/** Rejects with a DeployError that shows the pods that hold it up. */
export async function awaitRollouts(
  kubectl: Kubectl,
  deployments: readonly Reference[],
  options: { readonly withinMs: number; readonly say: (line: string) => void },
): Promise<void> {
  const started = Date.now();
  let said = '';
  let hopelessSince = Infinity;
  for (;;) {
    const all = await Promise.all(
      deployments.map(async (where) => {
        const found = await kubectl.find<V1Deployment>(['deployment', where.name, '-n', where.namespace]);
        if (found === undefined)
          throw new DeployError(`there is no Deployment ${where.name}`, 'deploy again');
        return [where, found] as const;
      }),
    );
    const line = all
      .map(([{ name }, each]) => `${name} ${progressOf(each).ready}/${progressOf(each).wanted}`)
      .join(', ');
    if (line !== said) options.say(`${line} ready`);
    said = line;
    const unfinished = all.filter(([, each]) => !progressOf(each).done);
    if (unfinished.length === 0) return;
    const pods = (await Promise.all(unfinished.map(([where, each]) => podsOf(kubectl, where, each)))).flat();
    hopelessSince = pods.some(isHopeless) ? Math.min(hopelessSince, Date.now()) : Infinity;
    const hopeless = Date.now() - hopelessSince > HOPELESS_FOR_MS;
    if (hopeless || Date.now() - started > options.withinMs) {
      const names = unfinished.map(([{ name }]) => name).join(', ');
      const why = hopeless ? 'cannot start' : `did not become ready within ${options.withinMs / 1000} s`;
      throw new DeployError(
        `${names} ${why}\n  ${await explain(kubectl, unfinished)}`,
        'look the message up in docs/troubleshooting.md; then deploy again',
      );
    }
    await wait(EVERY_MS);
  }
}
