/** One janitor at a time: a Lease held by the replica that renews it (coordination.k8s.io/v1). Zone 2; design §6.6. */
import type { Clock } from '#platform/clock.ts';
import type { KubernetesApi } from '#platform/kubernetes.ts';

export interface ElectionConfig {
  readonly namespace: string;
  readonly name: string;
  /** This replica. */
  readonly identity: string;
  readonly durationSeconds: number;
}

interface ElectionLease {
  readonly metadata: object;
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string };
}

export const createElection = (
  { api, clock }: { readonly api: KubernetesApi; readonly clock: Clock },
  { namespace, name, identity, durationSeconds }: ElectionConfig,
) => {
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const specNow = () => ({
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    renewTime: new Date(clock()).toISOString().replace('Z', '000Z'),
  });
  const isLive = ({ spec }: ElectionLease): boolean =>
    Date.parse(spec?.renewTime ?? '') + durationSeconds * 1000 > clock();

  return {
    /** True while this replica leads. An update that somebody else's came before fails, and so does the attempt. */
    lead: async (): Promise<boolean> => {
      const found = await api.get<ElectionLease>(`${leases}/${name}`);
      if (found.ok) {
        const lease = found.object;
        if (lease.spec?.holderIdentity !== identity && isLive(lease)) return false;
        return (await api.update(`${leases}/${name}`, { ...lease, spec: specNow() })).ok;
      }
      if (found.status !== 404) return false;
      const lease = {
        ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
        ...{ metadata: { name, namespace }, spec: specNow() },
      };
      return (await api.create(leases, lease)).ok;
    },
  };
};
