/** What a pod's status tells of a session's start. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

export function initOf({ status }: V1Pod): V1ContainerStatus | undefined {
  return status?.initContainerStatuses?.find(({ name }) => name === 'twofold-init');
}

/** Its init container runs: it asks for the keys. */
export function isAsking(pod: V1Pod): boolean {
  return initOf(pod)?.state?.running !== undefined;
}

/** Whether any container of the user's ever ran. */
export function everStarted({ status }: V1Pod): boolean {
  return (status?.containerStatuses ?? []).some(
    ({ state, lastState, restartCount }) =>
      state?.running !== undefined ||
      state?.terminated?.containerID !== undefined ||
      lastState?.terminated !== undefined ||
      restartCount > 0,
  );
}
