/** Kubernetes' own rules, for the promises that tests hold the init container's resources to. */
import type { Container, Pod, ResourceList, Resources } from '../pod.ts';
import { parseQuantity } from '../quantity.ts';

type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
const computed = ['cpu', 'memory'] as const;

/** The API server refuses a negative one. */
function amount(list: ResourceList, resource: string): bigint {
  return larger(parseQuantity(list[resource] ?? 0) ?? 0n, 0n);
}

/** A limit without a request is a request (API defaulting). */
function requestOf({ requests, limits }: Resources, resource: string): bigint {
  return amount(resource in requests ? requests : limits, resource);
}

function guaranteed(resources: Resources): boolean {
  return computed.every((resource) => {
    const limit = amount(resources.limits, resource);
    return limit > 0n && requestOf(resources, resource) === limit;
  });
}

function asksForAny(resources: Resources): boolean {
  return computed.some(
    (resource) => requestOf(resources, resource) > 0n || amount(resources.limits, resource) > 0n,
  );
}

/** The class that the kubelet computes (pkg/apis/core/v1/helper/qos). */
export function qosClass(pod: Pick<Pod, 'containers' | 'initContainers' | 'resources'>): QosClass {
  const parts = pod.resources
    ? [pod.resources]
    : [...pod.containers, ...(pod.initContainers ?? [])].map(({ resources }) => resources);
  if (parts.every(guaranteed)) return 'Guaranteed';
  return parts.some(asksForAny) ? 'Burstable' : 'BestEffort';
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, each) => total + each, 0n);
}
function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

type Containers = Pick<Pod, 'containers' | 'initContainers'>;

function effective(
  { containers, initContainers }: Containers,
  amountOf: (container: Container) => bigint,
): bigint {
  let sidecars = 0n;
  let most = 0n;
  for (const container of initContainers ?? []) {
    most = larger(most, sidecars + amountOf(container));
    if (container.restartable) sidecars += amountOf(container);
  }
  return larger(most, sidecars + sum(containers.map(amountOf)));
}

/** What the scheduler reserves (KEP-753): sidecars count along with the containers and with later init containers. */
export function effectiveRequest(pod: Containers, resource: string): bigint {
  return effective(pod, ({ resources }) => requestOf(resources, resource));
}

/** What a quota of limits counts. */
export function effectiveLimit(pod: Containers, resource: string): bigint {
  return effective(pod, ({ resources }) => amount(resources.limits, resource));
}
