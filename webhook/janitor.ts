/**
 * Cleans up after sessions, by Leases alone: the pod becomes the Lease's owner once it exists, and the Lease
 * is deleted when no pod has appeared in time or the pod has ended. Garbage collection does the rest. Zone 2;
 * docs/design.md#clean-up.
 */
import { SESSION_LABEL, sessionObjectName } from '#envelope/annotations.ts';
import { urlPath } from '#envelope/url-path.ts';
import type { Clock } from '#platform/clock.ts';
import { listAll, type Listed, type ListQuery, type PartialObject } from '#platform/kubernetes-list.ts';
import { MAX_OBJECT_BYTES, type KubernetesAnswer, type KubernetesApi } from '#platform/kubernetes.ts';
import { describeError, type Log } from '#platform/log.ts';
import { namesIn } from '#platform/namespaces.ts';
import { HOLDER } from './session-objects.ts';

export interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec?: { readonly holderIdentity?: string };
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

type Decision = 'keep' | 'adopt' | 'delete';

/** Label and Secret name both match: a label alone may be anybody's. */
function isPodOf(lease: Lease, pod: SessionPod): boolean {
  const sid = lease.metadata.labels?.[SESSION_LABEL];
  if (sid === undefined || pod.metadata.namespace !== lease.metadata.namespace) return false;
  const mounts =
    pod.spec?.volumes?.some(({ secret }) => secret?.secretName === sessionObjectName(sid)) ?? false;
  return pod.metadata.labels?.[SESSION_LABEL] === sid && mounts;
}

function isOwned({ metadata }: Lease): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Pod') ?? false;
}

/** What to do with one Lease; `pod` is its session's, if there is one. Pure. */
export function decide(lease: Lease, pod: SessionPod | undefined, isOverdue: boolean): Decision {
  if (pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed') return 'delete';
  if (isOwned(lease)) return 'keep'; // if its pod is gone, the garbage collector deletes it
  if (pod) return 'adopt';
  return isOverdue ? 'delete' : 'keep';
}

interface JanitorConfig {
  /** As in `TWOFOLD_NAMESPACES`. */
  readonly namespaces: readonly string[];
  readonly graceSeconds: number;
}

interface JanitorPorts {
  readonly api: Pick<KubernetesApi, 'page' | 'patch' | 'delete'>;
  /** A Lease's age is how long this janitor has seen it: the time in it is from another node's clock. */
  readonly monotonic: Clock;
  readonly log: Log;
}

const LEASES = '/apis/coordination.k8s.io/v1';
const PODS = '/api/v1';
const OURS = { labelSelector: SESSION_LABEL } as const satisfies ListQuery;
const ENDED = 'status.phase!=Pending,status.phase!=Running,status.phase!=Unknown';

function under(api: string, namespace: string, kind: string): string {
  return namespace === '*' ? `${api}/${kind}` : api + urlPath`/namespaces/${namespace}/${kind}`;
}

/** What is remembered of one Lease. */
function leaseOf({ metadata, spec }: Lease): Lease | undefined {
  if (spec?.holderIdentity !== HOLDER) return undefined;
  const { name, namespace, uid, labels, ownerReferences } = metadata;
  const sid = labels?.[SESSION_LABEL] ?? '';
  // Only one Lease has a session's name: many with its label would each have its pods read.
  if (name !== sessionObjectName(sid)) return undefined;
  const owners = ownerReferences?.map(({ kind, uid: owner }) => ({ kind, uid: owner }));
  return {
    metadata: {
      name,
      namespace,
      uid,
      labels: { [SESSION_LABEL]: sid },
      ...(owners && { ownerReferences: owners }),
    },
  };
}

function sessionKey(namespace = '', sid = ''): string {
  return `${namespace}/${sid}`;
}
function keyOf({ metadata: { namespace, labels } }: Lease | PartialObject): string {
  return sessionKey(namespace, labels?.[SESSION_LABEL]);
}

/** Names of pods by session: a label may be anybody's, so there may be several. */
type PodNames = ReadonlyMap<string, readonly string[]>;

function byName({ metadata: { name, namespace, uid, labels } }: PartialObject): PartialObject {
  return {
    metadata: { name, uid, ...(namespace !== undefined && { namespace }), ...(labels && { labels }) },
  };
}

function grouped(pods: readonly PartialObject[]): PodNames {
  const names = new Map<string, string[]>();
  for (const pod of pods) {
    const known = names.get(keyOf(pod));
    if (known) known.push(pod.metadata.name);
    else names.set(keyOf(pod), [pod.metadata.name]);
  }
  return names;
}

function createReader(api: JanitorPorts['api']) {
  return {
    /** Twofold's Leases; others with the label are somebody else's. */
    leases: (namespace: string): Promise<Listed<Lease>> =>
      listAll(api, under(LEASES, namespace, 'leases'), OURS, leaseOf),
    /** By metadata alone: a pod may be large, and the rest of it matters only twice in a session. */
    pods: async (namespace: string, fieldSelector?: string): Promise<KubernetesAnswer<PodNames>> => {
      const query = { ...OURS, metadataOnly: true, fieldSelector };
      const pods = await listAll(api, under(PODS, namespace, 'pods'), query, byName);
      return pods.ok ? { ok: true, object: grouped(pods.items) } : pods;
    },
    /** By a list of one: the webhook may list pods but not get them. */
    pod: async (namespace: string, name: string): Promise<KubernetesAnswer<SessionPod | undefined>> => {
      const query = { fieldSelector: `metadata.name=${name}`, limit: 1, maxBytes: MAX_OBJECT_BYTES };
      const page = await api.page<SessionPod>(under(PODS, namespace, 'pods'), query);
      return page.ok ? { ok: true, object: page.object.items?.[0] } : page;
    },
  };
}

export function createJanitor({ api, monotonic, log }: JanitorPorts, config: JanitorConfig) {
  const read = createReader(api);
  /** When each Lease was first seen, by namespace and uid. */
  const seen = new Map<string, ReadonlyMap<string, number>>();
  let sweeping = false;

  const lookAt = (namespace: string, leases: readonly Lease[]): ReadonlyMap<string, number> => {
    const before = seen.get(namespace);
    const now = monotonic();
    const times = new Map(leases.map(({ metadata: { uid } }) => [uid, before?.get(uid) ?? now]));
    seen.set(namespace, times);
    return times;
  };

  const carryOut = async (decision: Decision, lease: Lease, pod: SessionPod | undefined): Promise<void> => {
    const { namespace, name, uid, labels } = lease.metadata;
    const path = LEASES + urlPath`/namespaces/${namespace}/leases/${name}`;
    const owner = pod && { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid };
    if (decision === 'keep') return;
    const answer =
      decision === 'adopt'
        ? await api.patch(path, { metadata: { uid, ownerReferences: [owner] } })
        : await api.delete(path, { uid });
    const fields = { namespace, operation: decision, sid: labels?.[SESSION_LABEL] };
    if (answer.ok) log.info('session lease swept', fields);
    else log.warn('session lease could not be swept', { ...fields, reason: answer.reason });
  };

  const sweepLease = async (lease: Lease, names: readonly string[], isOverdue: boolean): Promise<void> => {
    const { namespace } = lease.metadata;
    for (const name of names) {
      const found = await read.pod(namespace, name);
      if (!found.ok) {
        log.warn('pod could not be read', { namespace, pod: name, reason: found.reason });
        return;
      }
      const pod = found.object;
      if (pod && isPodOf(lease, pod)) {
        await carryOut(decide(lease, pod, isOverdue), lease, pod);
        return;
      }
    }
    await carryOut(decide(lease, undefined, isOverdue), lease, undefined);
  };

  const sweepNamespace = async (namespace: string, mayContinue: () => boolean): Promise<void> => {
    // Leases first: a pod that appears between the lists is seen by those that follow.
    const leases = await read.leases(namespace);
    if (!leases.ok) {
      log.warn('leases could not be listed', { namespace, reason: leases.reason });
      return;
    }
    const times = lookAt(namespace, leases.items);
    if (leases.items.length === 0) return;
    const present = await read.pods(namespace);
    const ended = present.ok ? await read.pods(namespace, ENDED) : present;
    if (!present.ok || !ended.ok) {
      log.warn('pods could not be listed', { namespace, reason: ended.ok ? undefined : ended.reason });
      return;
    }
    for (const lease of leases.items) {
      if (!mayContinue()) return;
      const key = keyOf(lease);
      // A Lease whose pod runs is settled; there is nothing to read.
      if (isOwned(lease) && !ended.object.has(key)) continue;
      const age = monotonic() - (times.get(lease.metadata.uid) ?? monotonic());
      await sweepLease(lease, present.object.get(key) ?? [], age > config.graceSeconds * 1000);
    }
  };

  return {
    /** Checks every Lease, as long as `mayContinue`. Does nothing while another sweep is under way. */
    sweep: async (mayContinue: () => boolean): Promise<void> => {
      if (sweeping) return;
      sweeping = true;
      const named = namesIn(config.namespaces);
      // One list of everything where not all are named: namespaces come, and go out of the rule.
      try {
        for (const namespace of named.length < config.namespaces.length ? ['*'] : named) {
          await sweepNamespace(namespace, mayContinue).catch((error: unknown) => {
            log.error('sweep failed', { namespace, error: describeError(error) });
          });
        }
      } finally {
        sweeping = false;
      }
    },
  };
}
