/**
 * Whether a pod can reach the address where its init container claims the keys, as far as its spec says. Zone 2, pure;
 * docs/design.md#pod.
 */
import type { Pod } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';

const IPV4 = /^\d+(\.\d+){3}$/;

/** A name that only the cluster's DNS knows; undefined for an IP address, and for a name that a node finds too. */
function clusterName(claimUrl: string): string | undefined {
  const { hostname } = new URL(claimUrl);
  if (hostname.startsWith('[') || IPV4.test(hostname)) return undefined;
  const labels = hostname.split('.');
  return labels.length < 3 || labels[2] === 'svc' ? hostname : undefined;
}

/** `console.twofold-console.svc.cluster.local`: found without search domains. */
function isWhole(name: string): boolean {
  return name.split('.').length > 3;
}

/** With the search domains of a pod that asks the cluster's DNS, as a webhook for a cache on the node writes them. */
function searchesCluster({ searches }: Pod): boolean {
  const domains = new Set(searches);
  return searches.some((domain) => domain.startsWith('svc.') && domains.has(domain.slice('svc.'.length)));
}

/** What makes the pod's resolver one that does not know the cluster's names, and what to set instead. */
function otherResolver(pod: Pod, name: string): readonly [string, string] | undefined {
  const { hostNetwork, dnsPolicy } = pod;
  const next = `set dnsPolicy: ${hostNetwork ? 'ClusterFirstWithHostNet' : 'ClusterFirst'}`;
  switch (dnsPolicy) {
    case 'ClusterFirstWithHostNet':
      return undefined;
    case 'Default':
      return ['with dnsPolicy: Default the pod resolves names as its node does', next];
    case 'None':
      return isWhole(name) || searchesCluster(pod)
        ? undefined
        : [
            'with dnsPolicy: None the pod resolves names by nameservers of its own',
            `${next}; dnsConfig may add to it`,
          ];
    default:
      return hostNetwork
        ? [`with hostNetwork and dnsPolicy: ${dnsPolicy} the pod resolves names as its node does`, next]
        : undefined;
  }
}

/** Why the init container could never claim: the cluster's name of the console does not resolve there. */
export function claimRefusal(pod: Pod, claimUrl: string): Refusal | undefined {
  const name = clusterName(claimUrl);
  const [why, next] = (name === undefined ? undefined : otherResolver(pod, name)) ?? [];
  return why === undefined || next === undefined
    ? undefined
    : refuse(
        'claim_unreachable',
        `${why}, not by the cluster’s DNS, and so cannot find ${name}, where it would claim its keys; ${next}`,
      );
}

/** Sentences about what the spec cannot decide. */
export function claimWarnings({ hostNetwork, dnsPolicy }: Pod, claimUrl: string): readonly string[] {
  const name = clusterName(claimUrl);
  return [
    ...(hostNetwork
      ? [
          'hostNetwork: to NetworkPolicies this pod is its node; where they are enforced, twofold-init reaches the console only if a policy in twofold-console admits the nodes',
        ]
      : []),
    ...(dnsPolicy === 'None' && name !== undefined
      ? [`dnsPolicy: twofold-init finds ${name} only if the nameservers in dnsConfig are the cluster’s`]
      : []),
  ];
}
