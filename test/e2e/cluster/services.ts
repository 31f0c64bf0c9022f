/**
 * Twofold's own Deployments as an administrator changes them: stopped, changed, restarted. Whatever a scenario did to
 * them, `restore` undoes. For the scenarios that run alone.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { eventually } from '../../eventually.ts';
import type { Cluster } from './connection.ts';
import { kubectlOutput } from './kubectl.ts';
import { killTasks, podTasks, type Task } from './node.ts';

export type Service = 'console' | 'webhook' | 'keyservice';
export const SERVICES: readonly Service[] = ['console', 'webhook', 'keyservice'];

export function namespaceOf(service: Service): string {
  return `twofold-${service}`;
}
function target(service: Service): readonly string[] {
  return [`deployment/${service}`, `--namespace=${namespaceOf(service)}`];
}

interface Change {
  readonly before: ReadonlyMap<string, string>;
  readonly names: Set<string>;
}

export function createServices({ apps, core }: Pick<Cluster, 'apps' | 'core'>) {
  const stopped = new Map<Service, number>();
  const changed = new Map<Service, Change>();

  const pods = async (service: Service) =>
    (await core.listNamespacedPod({ namespace: namespaceOf(service) })).items.filter(
      ({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] === service,
    );
  const scale = (service: Service, replicas: number): Promise<string> =>
    kubectlOutput(['scale', ...target(service), `--replicas=${replicas}`]);
  const rolledOut = async (service: Service): Promise<void> => {
    await kubectlOutput(['rollout', 'status', ...target(service), '--timeout=120s']);
  };

  const processesOf = async (of: readonly V1Pod[]): Promise<readonly Task[]> =>
    (await Promise.all(of.map((pod) => podTasks(pod)))).flat().filter(({ kind }) => kind === 'container');

  /** Kills all its processes immediately: as in a crash, not as in a drain. */
  const stop = async (service: Service): Promise<void> => {
    const deployment = await apps.readNamespacedDeployment({
      name: service,
      namespace: namespaceOf(service),
    });
    if (!stopped.has(service)) stopped.set(service, deployment.spec?.replicas ?? 1);
    await scale(service, 0);
    // The containers of a terminating pod are not restarted.
    const ending = await eventually(`all pods of ${service} end`, async () => {
      const found = await pods(service);
      return found.every(({ metadata }) => metadata?.deletionTimestamp !== undefined) ? found : undefined;
    });
    killTasks(await processesOf(ending));
    await eventually(`${service} is gone`, async () => (await pods(service)).length === 0);
  };

  const start = async (service: Service): Promise<void> => {
    const replicas = stopped.get(service);
    if (replicas === undefined) return;
    await scale(service, replicas);
    await rolledOut(service);
    stopped.delete(service);
  };

  const envOf = async (service: Service): Promise<ReadonlyMap<string, string>> => {
    const { spec } = await apps.readNamespacedDeployment({ name: service, namespace: namespaceOf(service) });
    const env = spec?.template.spec?.containers[0]?.env ?? [];
    return new Map(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])));
  };
  const writeEnv = async (service: Service, settings: readonly string[]): Promise<void> => {
    await kubectlOutput(['set', 'env', ...target(service), ...settings]);
    await rolledOut(service);
  };

  /** With other variables, until they are restored. */
  const setEnv = async (service: Service, variables: Readonly<Record<string, string>>): Promise<void> => {
    if (!changed.has(service)) changed.set(service, { before: await envOf(service), names: new Set() });
    for (const name of Object.keys(variables)) changed.get(service)?.names.add(name);
    await writeEnv(
      service,
      Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    );
  };

  const unsetEnv = async (service: Service): Promise<void> => {
    const change = changed.get(service);
    if (change === undefined) return;
    const settings = [...change.names].map((name) => {
      const value = change.before.get(name);
      return value === undefined ? `${name}-` : `${name}=${value}`;
    });
    await writeEnv(service, settings);
    changed.delete(service);
  };

  return {
    pods,
    stop,
    start,
    setEnv,
    unsetEnv,
    rolledOut,
    /** Rolls out new pods of the same template. */
    restart: async (service: Service): Promise<void> => {
      await kubectlOutput(['rollout', 'restart', ...target(service)]);
      await rolledOut(service);
    },
    /** Kills those of all its current pods. The kubelet restarts what is killed. */
    processes: async (service: Service): Promise<readonly Task[]> => processesOf(await pods(service)),
    restore: async (): Promise<void> => {
      for (const service of SERVICES) {
        await start(service);
        await unsetEnv(service);
      }
    },
  };
}
