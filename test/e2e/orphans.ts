/** What a session left behind: Leases and Secrets of Twofold's whose pod is not there. */
import { SESSION_LABEL, type Cluster } from './cluster.ts';

/** Each as `kind/name`, sorted. Pods are listed last: one that appears meanwhile makes no orphan. */
export async function orphans({ core, sessionObjects, sessions }: Cluster, namespace = sessions) {
  const objects = await sessionObjects(namespace);
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: SESSION_LABEL });
  const sids = new Set(items.map(({ metadata }) => metadata?.labels?.[SESSION_LABEL] ?? ''));
  return objects.filter((object) => !sids.has(object.slice(object.lastIndexOf('-') + 1))).sort();
}
