/**
 * The init container's resources: those of one regular container of the pod, as they stand. Zone 2; docs/design.md#pod.
 *
 * | of the pod | stays, because |
 * |---|---|
 * | admission by quotas and LimitRanges | they accept the same container once already |
 * | effective requests and limits | Twofold's init container is the first, and one container is at most the sum of all |
 * | QoS class | a copy has whatever all containers have |
 *
 * LimitRanger runs before webhooks, so a container of the review has the namespace's defaults.
 */
import type { Pod, Resources } from './pod.ts';
import { bytes, MEBIBYTE, parseQuantity } from './quantity.ts';

/** Node itself, in the init container. */
const RUNTIME_BYTES = 64 * MEBIBYTE;

/** The least memory limit that will do. */
function needed(payloadBytes: number): number {
  return RUNTIME_BYTES + payloadBytes;
}

function memory(amount: string | number | undefined): bigint {
  return parseQuantity(amount ?? 0) ?? 0n;
}

/** A limit of 0 is none. */
function suffices({ limits }: Resources, payloadBytes: number): boolean {
  const limit = memory(limits['memory']);
  return limit === 0n || limit >= bytes(needed(payloadBytes));
}

function memoryGiven({ limits, requests }: Resources): bigint {
  return memory(limits['memory'] ?? requests['memory']);
}

/**
 * Of the containers whose memory limit, if any, leaves room for the init container and the payload, the one that gives
 * the most: its limit, otherwise its request; the first of equals. Undefined where no container leaves room, or the
 * pod's own limit does not.
 */
export function initResources(pod: Pod, payloadBytes: number): Resources | undefined {
  if (pod.resources && !suffices(pod.resources, payloadBytes)) return undefined;
  return pod.containers
    .map(({ resources }) => resources)
    .filter((resources) => suffices(resources, payloadBytes))
    .reduce<Resources | undefined>(
      (most, each) => (most && memoryGiven(most) >= memoryGiven(each) ? most : each),
      undefined,
    );
}

/** The least memory limit that suffices, as a person would write it. */
export function neededMemory(payloadBytes: number): string {
  return `${Math.ceil(needed(payloadBytes) / MEBIBYTE)}Mi`;
}
