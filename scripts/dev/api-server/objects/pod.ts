/**
 * What of a pod may change, and the status that a new one has. Development tool, no zone.
 */

import { isDeepStrictEqual } from 'node:util';

import { cause, type Cause } from '../status.ts';
import { isJsonObject, type Container, type Pod, type PodSpec } from './object.ts';
import { qosClass } from './quantity.ts';

const frozenHelp =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function preparePodForCreate(pod: Pod): void {
  delete pod.spec.ephemeralContainers;
  // Decoding checks types, not presence; validation follows and refuses a pod without containers.
  const containers = pod.spec.containers as Container[] | undefined;
  pod.status =
    containers === undefined ? { phase: 'Pending' } : { phase: 'Pending', qosClass: qosClass(pod.spec) };
}

/** An update by way of the pod, `pods/status` or `pods/ephemeralcontainers` reaches only its own part. */
export function preparePodForUpdate(next: Pod, old: Pod, subresource: string | undefined): Pod {
  const kept = structuredClone(old);
  if (subresource === 'status') {
    const { metadata, status } = next;
    return { ...kept, metadata, status: isJsonObject(status) ? status : {} };
  }
  if (subresource === 'ephemeralcontainers') {
    const { ephemeralContainers } = next.spec;
    return {
      ...kept,
      spec: { ...kept.spec, ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }) },
    };
  }
  return { ...next, ...(kept.status === undefined ? {} : { status: kept.status }) };
}

function withoutMutable(spec: PodSpec): unknown {
  const copy = structuredClone(spec);
  for (const container of [...copy.containers, ...(copy.initContainers ?? [])]) delete container.image;
  delete copy.activeDeadlineSeconds;
  delete copy.tolerations;
  delete copy.terminationGracePeriodSeconds;
  return copy;
}

export function podUpdateCauses(next: Pod, old: Pod, subresource: string | undefined): Cause[] {
  if (subresource !== 'ephemeralcontainers') {
    const same = isDeepStrictEqual(withoutMutable(next.spec), withoutMutable(old.spec));
    return same ? [] : [cause.forbidden('spec', frozenHelp)];
  }
  const before = old.spec.ephemeralContainers ?? [];
  const after = next.spec.ephemeralContainers ?? [];
  const help = 'existing ephemeral containers may not be changed or removed';
  return isDeepStrictEqual(after.slice(0, before.length), before)
    ? []
    : [cause.forbidden('spec.ephemeralContainers', help)];
}
