/** When pods became ready, according to a watch at the API server. Part of the benches on a cluster. */
import { Watch, type KubeConfig, type V1Pod } from '@kubernetes/client-node';

interface ReadyWatch {
  /** Milliseconds of `performance.now()` at which this pod was first seen ready. */
  readyAt(name: string): Promise<number>;
  close(): void;
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** Watches every pod of a namespace with this label selector. */
export async function watchReady(
  config: KubeConfig,
  namespace: string,
  labelSelector: string,
): Promise<ReadyWatch> {
  const seen = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const controller = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/pods`,
    { labelSelector },
    (_phase, pod: V1Pod) => {
      const name = pod.metadata?.name ?? '';
      if (!isReady(pod) || seen.has(name)) return;
      const at = performance.now();
      seen.set(name, at);
      waiting.get(name)?.(at);
    },
    () => undefined,
  );
  return {
    readyAt: (name) =>
      new Promise((resolve) => {
        const at = seen.get(name);
        if (at === undefined) waiting.set(name, resolve);
        else resolve(at);
      }),
    close: () => controller.abort(),
  };
}
