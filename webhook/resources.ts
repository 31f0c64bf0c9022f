/**
 * The init container's resources: never change the QoS class, never raise effective requests. Zone 2;
 * docs/design.md#pod.
 *
 * | pod | init container |
 * |---|---|
 * | Guaranteed | requests = limits = the pod's effective ones |
 * | Burstable | requests at most the smallest that a regular container declares; no limits |
 * | BestEffort, or resources at pod level | none |
 *
 * A limit of its own would slow it down: 100m of processor time turns 84 ms into 844.
 */
import type { Container, Pod, ResourceList, Resources } from './pod.ts';
import { bytes, formatQuantity, MEBIBYTE, parseQuantity } from './quantity.ts';

type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
type Computed = 'cpu' | 'memory';
const computed: readonly Computed[] = ['cpu', 'memory'];

/** What the init container requests in a Burstable pod, unless the pod's own requests are smaller. */
const wanted: Readonly<Record<Computed, string>> = { cpu: '100m', memory: '128Mi' };
/** Node itself, in the init container. */
const RUNTIME_BYTES = 64 * MEBIBYTE;

function amount(list: ResourceList, resource: string): bigint {
  return parseQuantity(list[resource] ?? 0) ?? 0n;
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

/** What the scheduler reserves (KEP-753): sidecars count along with the containers and with later init containers. */
export function effectiveRequest(
  pod: {
    readonly containers: readonly Container[];
    readonly initContainers: readonly Container[] | undefined;
  },
  resource: string,
): bigint {
  let sidecars = 0n;
  let most = 0n;
  for (const { resources, restartable } of pod.initContainers ?? []) {
    const request = requestOf(resources, resource);
    most = larger(most, sidecars + request);
    if (restartable) sidecars += request;
  }
  return larger(most, sidecars + sum(pod.containers.map(({ resources }) => requestOf(resources, resource))));
}

function least(amounts: readonly bigint[]): bigint | undefined {
  return amounts.reduce<bigint | undefined>(
    (low, each) => (low === undefined || each < low ? each : low),
    undefined,
  );
}

/**
 * A request that a container of the pod already makes satisfies any LimitRange's minimum, and the smallest one
 * cannot raise the sum. A resource that no container requests is not requested: the LimitRange, if any, has no
 * default for it.
 */
function burstableRequests(pod: Pod): ResourceList {
  return Object.fromEntries(
    computed.flatMap((resource) => {
      const declared = pod.containers
        .filter(({ resources }) => resource in resources.requests || resource in resources.limits)
        .map(({ resources }) => requestOf(resources, resource));
      const smallest = least(declared);
      if (smallest === undefined) return [];
      const request = least([smallest, parseQuantity(wanted[resource]) ?? smallest]) ?? smallest;
      return [[resource, formatQuantity(request)]];
    }),
  );
}

export function initResources(pod: Pod): Resources {
  const none = { requests: {}, limits: {} };
  if (pod.resources) return none;
  switch (qosClass(pod)) {
    case 'BestEffort':
      return none;
    case 'Burstable':
      return { requests: burstableRequests(pod), limits: {} };
    case 'Guaranteed': {
      const same = Object.fromEntries(
        computed.map((resource) => [resource, formatQuantity(effectiveRequest(pod, resource))]),
      );
      return { requests: same, limits: same };
    }
  }
}

/**
 * Bytes that are missing for the init container's runtime and the payload, or 0: its memory is its own
 * limit, or the pod's.
 */
export function missingMemory(pod: Pod, init: Resources, payloadBytes: number): number {
  const limits = pod.resources?.limits ?? init.limits;
  if (!('memory' in limits)) return 0;
  const missing = bytes(RUNTIME_BYTES + payloadBytes) - amount(limits, 'memory');
  return missing > 0n ? Number(missing / 1_000_000_000n) + 1 : 0;
}

/** The least memory that suffices, as a person would write it. */
export function neededMemory(payloadBytes: number): string {
  return `${Math.ceil((RUNTIME_BYTES + payloadBytes) / MEBIBYTE)}Mi`;
}
