/** What Kubernetes tells about an object: the events that `kubectl describe` prints. */
import { eventually } from '../eventually.ts';
import type { Cluster } from './cluster.ts';

interface EventWish {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** `FailedCreate` by default: what a controller says when it cannot make a pod. */
  readonly reason?: string;
}

/** The message of the first such event, awaited. */
export function eventOf({ core }: Cluster, wish: EventWish): Promise<string> {
  const { kind, name, namespace, reason = 'FailedCreate' } = wish;
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name},reason=${reason}`;
  return eventually(`${kind} ${name} has an event ${reason}`, async () => {
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
    return items[0]?.message;
  });
}
