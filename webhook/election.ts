/**
 * One janitor at a time: a Lease held by the replica that renews it (coordination.k8s.io/v1). Zone 2;
 * docs/design.md#clean-up. As in client-go's leaderelection, clocks of different nodes are never compared:
 * another's record has expired when this replica has *seen* it unchanged for the Lease's duration, by its own
 * clock.
 */
import { urlPath } from '#envelope/url-path.ts';
import type { Clock } from '#platform/clock.ts';
import type { KubernetesApi } from '#platform/kubernetes.ts';

interface ElectionConfig {
  readonly namespace: string;
  readonly name: string;
  /** This replica. */
  readonly identity: string;
  readonly durationSeconds: number;
}

interface ElectionPorts {
  readonly api: Pick<KubernetesApi, 'get' | 'create' | 'update'>;
  /** For people who read the Lease. */
  readonly clock: Clock;
  /** Measures durations: a clock that nobody sets. */
  readonly monotonic: Clock;
}

interface ElectionLease {
  readonly metadata: { readonly uid?: string };
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

export interface Election {
  /** Takes or renews the Lease if it is this replica's turn. Fails if another's update came first. */
  lead(): Promise<boolean>;
  /** Whether this replica still leads: no longer than others are sure to wait for it. */
  leads(): boolean;
  /** Gives the Lease up, so that nobody has to wait. */
  resign(): Promise<void>;
}

/** Changes with every renewal, and when the Lease is recreated. */
function recordOf({ metadata, spec }: ElectionLease): string {
  return JSON.stringify([metadata.uid, spec]);
}

export function createElection(
  { api, clock, monotonic }: ElectionPorts,
  { namespace, name, identity, durationSeconds }: ElectionConfig,
): Election {
  const leases = urlPath`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = leases + urlPath`/${name}`;
  const durationMs = durationSeconds * 1000;
  // Clocks may also run at different speeds, and work under way has to finish.
  const leadMs = (durationMs * 2) / 3;
  /** When this replica sent its last accepted renewal. */
  let renewedAt = -Infinity;
  let observed: { readonly record: string; readonly at: number } | undefined;

  const specFor = (holder: string | undefined): object => ({
    ...(holder === undefined ? {} : { holderIdentity: holder }),
    leaseDurationSeconds: durationSeconds,
    renewTime: new Date(clock()).toISOString().replace('Z', '000Z'),
  });

  const hasExpired = (lease: ElectionLease): boolean => {
    const record = recordOf(lease);
    if (observed?.record !== record) observed = { record, at: monotonic() };
    return monotonic() - observed.at >= durationMs;
  };

  /** Counted from before the call: others cannot have seen the renewal earlier. */
  const write = async (call: () => Promise<{ readonly ok: boolean }>): Promise<boolean> => {
    const sentAt = monotonic();
    if (!(await call()).ok) return false;
    renewedAt = sentAt;
    return true;
  };

  return {
    lead: async () => {
      const found = await api.get<ElectionLease>(path);
      if (!found.ok && found.status !== 404) return false;
      if (!found.ok) {
        const lease = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name, namespace },
          spec: specFor(identity),
        };
        return await write(() => api.create(leases, lease));
      }
      const lease = found.object;
      const holder = lease.spec?.holderIdentity ?? '';
      const free = holder === '' || holder === identity;
      if (!hasExpired(lease) && !free) return false;
      return await write(() => api.update(path, { ...lease, spec: specFor(identity) }));
    },
    leads: () => monotonic() - renewedAt < leadMs,
    resign: async () => {
      if (monotonic() - renewedAt >= leadMs) return;
      renewedAt = -Infinity;
      const found = await api.get<ElectionLease>(path);
      if (!found.ok || found.object.spec?.holderIdentity !== identity) return;
      await api.update(path, { ...found.object, spec: specFor(undefined) });
    },
  };
}
