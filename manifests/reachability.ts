/** Who may reach whom under a set of NetworkPolicies, by the rules of networking.k8s.io/v1. For tests. No zone. */
import { BlockList, isIPv6 } from 'node:net';
import { selects, type LabelSelector } from './label-selector.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

type Labels = Readonly<Record<string, string>>;

/** A pod, or an address outside the cluster's pods. */
export interface Place {
  readonly name: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels; readonly namespaceLabels?: Labels };
  readonly address?: string;
}

export interface Door {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { port?: number | string; endPort?: number; protocol?: string }[];
}
interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** Both sides must allow it; a pod that no policy of a direction selects is open in that direction. */
export function createReachability(
  objects: readonly KubernetesObject[],
): (from: Place, to: Place, door: Door) => boolean {
  // The schema tests check every policy against this shape.
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy') as NetworkPolicy[];

  const allows = (type: 'Ingress' | 'Egress', own: Place, other: Place, door: Door): boolean => {
    const { pod } = own;
    if (!pod) return true;
    const selecting = policies.filter(
      ({ metadata, spec }) =>
        metadata?.namespace === pod.namespace &&
        selects(spec.podSelector, pod.labels) &&
        (spec.policyTypes ?? ['Ingress']).includes(type),
    );
    const rules = (
      type === 'Ingress' ? selecting.map((p) => p.spec.ingress) : selecting.map((p) => p.spec.egress)
    ).flat();
    return (
      selecting.length === 0 ||
      rules.some((rule) => {
        if (!rule) return false;
        const peers = (type === 'Ingress' ? rule.from : rule.to) ?? [];
        const peered = peers.length === 0 || peers.some((peer) => isPeer(peer, other, pod.namespace));
        return peered && opens(rule, door);
      })
    );
  };

  return (from, to, door) => allows('Egress', from, to, door) && allows('Ingress', to, from, door);
}

function isPeer(
  { ipBlock, namespaceSelector, podSelector }: Peer,
  { pod, address }: Place,
  own: string,
): boolean {
  if (ipBlock) {
    const outside = (ipBlock.except ?? []).some((cidr) => contains(cidr, address));
    return contains(ipBlock.cidr, address) && !outside;
  }
  if (!pod) return false;
  const labels = { ...pod.namespaceLabels, 'kubernetes.io/metadata.name': pod.namespace };
  const inNamespace = namespaceSelector ? selects(namespaceSelector, labels) : pod.namespace === own;
  return inNamespace && selects(podSelector, pod.labels);
}

function contains(cidr: string, address: string | undefined): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), family);
  return address !== undefined && isIPv6(address) === isIPv6(network) && block.check(address, family);
}

/** Named ports are not followed: Twofold's are numbers, and a named one would open nothing here. */
function opens({ ports = [] }: Rule, door: Door): boolean {
  return (
    ports.length === 0 ||
    ports.some(({ port, endPort, protocol = 'TCP' }) => {
      if (protocol !== door.protocol) return false;
      return (
        port === undefined ||
        (typeof port === 'number' && door.port >= port && door.port <= (endPort ?? port))
      );
    })
  );
}
