/**
 * Which leaves there are: one per service and one per arrow between zones. Belongs to no zone;
 * docs/design.md#certificates.
 */
import { isIP } from 'node:net';
import { isDnsName, type Usage } from './issue.ts';

/** Who holds the leaf's key; `cluster` is the Kubernetes API server. */
type Holder = 'console' | 'webhook' | 'keyservice' | 'cluster';

export interface LeafPlan {
  /** The leaf's folder, within that of the certificates. */
  readonly folder: string;
  readonly commonName: string;
  readonly usage: Usage;
  readonly dnsNames: readonly string[];
  readonly zone: Holder;
}

export interface LeafNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/**
 * Servers are named by their service, clients by their arrow: the other end allows that one common name, so that no
 * leaf opens two ports.
 */
export const leafPlans: readonly LeafPlan[] = [
  server('console'),
  server('webhook'),
  server('keyservice'),
  client('webhook-resolve', 'webhook'),
  client('webhook-unwrap', 'webhook'),
  client('console-rewrap', 'console'),
  client('apiserver-webhook', 'cluster'),
];

/** Whether a caller may add this name to the server leaves. */
export function isExtraName(text: string): boolean {
  // Not with the name of an interface, which is of one machine.
  return (isIP(text) !== 0 && !text.includes('%')) || isDnsName(text);
}

/** IPv6 has many notations for one address. */
function canonical(address: string): string {
  return isIP(address) === 6 ? new URL(`https://[${address}]`).hostname.slice(1, -1) : address;
}

/** The names of a leaf: those planned, and for a server those that the caller adds (`127.0.0.1`, `localhost`). */
export function leafNames(plan: LeafPlan, extraNames: readonly string[]): LeafNames {
  const names = new Set(plan.usage === 'server' ? [...plan.dnsNames, ...extraNames] : plan.dnsNames);
  return {
    dnsNames: [...names].filter((name) => isIP(name) === 0),
    ipAddresses: [...new Set([...names].filter((name) => isIP(name) !== 0).map(canonical))],
  };
}

function server(service: Exclude<Holder, 'cluster'>): LeafPlan {
  const name = `${service}.twofold-${service}`;
  return {
    folder: service,
    commonName: `${name}.svc`,
    usage: 'server',
    dnsNames: [`${name}.svc`, `${name}.svc.cluster.local`, name],
    zone: service,
  };
}

function client(arrow: string, zone: Holder): LeafPlan {
  return { folder: arrow, commonName: arrow, usage: 'client', dnsNames: [], zone };
}
