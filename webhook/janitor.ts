/**
 * Cleans up after sessions, by Leases alone: the pod becomes the Lease's owner once it exists, and the Lease goes when
 * no pod has appeared in time or the pod has ended. Garbage collection does the rest. Zone 2; design §6 step 6.
 */
import { SESSION_LABEL, sessionObjectName } from '#envelope/annotations.ts';
import type { Clock } from '#platform/clock.ts';
import type { KubernetesApi } from '#platform/kubernetes.ts';
import type { Log } from '#platform/log.ts';
import { HOLDER } from './session-objects.ts';

export interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

export interface SessionPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly volumes?: readonly { readonly secret?: { readonly secretName?: string } }[] };
  readonly status?: { readonly phase?: string };
}

export type Decision = 'keep' | 'adopt' | 'delete';

/** Label and Secret name both match: a label alone may be anybody's. */
const isPodOf = (lease: Lease, pod: SessionPod): boolean => {
  const sid = lease.metadata.labels?.[SESSION_LABEL];
  if (sid === undefined || pod.metadata.namespace !== lease.metadata.namespace) return false;
  const mounts =
    pod.spec?.volumes?.some(({ secret }) => secret?.secretName === sessionObjectName(sid)) ?? false;
  return pod.metadata.labels?.[SESSION_LABEL] === sid && mounts;
};

/** What to do with one Lease; `pod` is the one that is its session's, if there is any. Pure. */
export const decide = (lease: Lease, pod: SessionPod | undefined, nowMs: number): Decision => {
  const owned = lease.metadata.ownerReferences?.some(({ kind }) => kind === 'Pod') ?? false;
  if (pod) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return 'delete';
    return owned ? 'keep' : 'adopt';
  }
  if (owned) return 'keep'; // its pod is gone, so it is the garbage collector's
  const until = Date.parse(lease.spec?.renewTime ?? '') + (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  // A Lease without a readable time is not one of ours in good order: nothing would ever end it.
  return Number.isNaN(until) || until < nowMs ? 'delete' : 'keep';
};

export interface JanitorConfig {
  /** `*` stands for every namespace. */
  readonly namespaces: readonly string[];
}

interface List<T> {
  readonly items: readonly T[];
}

const LEASES = '/apis/coordination.k8s.io/v1';
const selector = `labelSelector=${encodeURIComponent(SESSION_LABEL)}`;
const under = (api: string, namespace: string, kind: string): string =>
  namespace === '*' ? `${api}/${kind}?${selector}` : `${api}/namespaces/${namespace}/${kind}?${selector}`;

export const createJanitor = (
  { api, clock, log }: { readonly api: KubernetesApi; readonly clock: Clock; readonly log: Log },
  config: JanitorConfig,
) => {
  const carryOut = async (decision: Decision, lease: Lease, pod: SessionPod | undefined): Promise<void> => {
    const { namespace, name, uid } = lease.metadata;
    const path = `${LEASES}/namespaces/${namespace}/leases/${name}`;
    if (decision === 'adopt' && pod) {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid };
      await api.patch(path, { metadata: { uid, ownerReferences: [owner] } });
    }
    if (decision === 'delete') await api.delete(path, { uid });
    if (decision !== 'keep') {
      log.info('session lease swept', {
        namespace,
        operation: decision,
        sid: lease.metadata.labels?.[SESSION_LABEL],
      });
    }
  };

  const sweepNamespace = async (namespace: string): Promise<void> => {
    // Leases first: a pod that appears between the two lists is seen by the second.
    const leases = await api.get<List<Lease>>(under(LEASES, namespace, 'leases'));
    if (!leases.ok || leases.object.items.length === 0) {
      if (!leases.ok) log.warn('leases could not be listed', { namespace, reason: leases.reason });
      return;
    }
    const pods = await api.get<List<SessionPod>>(under('/api/v1', namespace, 'pods'));
    if (!pods.ok) {
      log.warn('pods could not be listed', { namespace, reason: pods.reason });
      return;
    }
    const ours = leases.object.items.filter(({ spec }) => spec?.holderIdentity === HOLDER);
    for (const lease of ours) {
      const pod = pods.object.items.find((each) => isPodOf(lease, each));
      await carryOut(decide(lease, pod, clock()), lease, pod);
    }
  };

  return {
    sweep: async (): Promise<void> => {
      const everywhere = config.namespaces.includes('*');
      for (const namespace of everywhere ? ['*'] : config.namespaces) await sweepNamespace(namespace);
    },
  };
};
