/** What a pod's status tells of a session's start. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

export const initOf = ({ status }: V1Pod): V1ContainerStatus | undefined =>
  status?.initContainerStatuses?.find(({ name }) => name === 'twofold-init');

/** Its init container runs: it asks for the keys. */
export const isAsking = (pod: V1Pod): boolean => initOf(pod)?.state?.running !== undefined;

/** Whether any container of the user's ever ran. */
export const everStarted = ({ status }: V1Pod): boolean =>
  (status?.containerStatuses ?? []).some(
    ({ state, lastState, restartCount }) =>
      state?.running !== undefined ||
      state?.terminated?.containerID !== undefined ||
      lastState?.terminated !== undefined ||
      restartCount > 0,
  );
