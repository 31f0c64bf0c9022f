/**
 * What in a pod undoes the choice of containers: a warning, not a refusal, since the pod's author may want it.
 * Zone 2, pure; docs/design.md#pod. The host's IPC does not (files and variables are not in it), nor does
 * SYS_PTRACE by itself: without a shared process namespace a container sees no other container's processes.
 */
import { quote } from '#envelope/selection.ts';
import type { Pod } from './pod.ts';

/** Folders of a node from which the volumes, processes or containers of its pods can be reached. */
const NODE_FOLDERS = ['/proc', '/run', '/var/lib/kubelet', '/var/run'];

function reaches(path: string): boolean {
  const folder = `${path}/`.replaceAll(/\/+/g, '/');
  return NODE_FOLDERS.some((each) => `${each}/`.startsWith(folder) || folder.startsWith(`${each}/`));
}

/** Alongside the session: an init container that ends before it is the launcher's set-up, as in JupyterHub's chart. */
function privilegedIn({ containers, initContainers = [] }: Pod): readonly string[] {
  return [...containers, ...initContainers.filter(({ restartable }) => restartable)]
    .filter(({ privileged }) => privileged)
    .map(({ name }) => quote(name));
}

/** One sentence each; the API server shows about 256 characters of one. */
export function exposures(pod: Pod): readonly string[] {
  const privileged = privilegedIn(pod);
  const paths = (pod.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined && reaches(hostPath));
  return [
    ...(pod.shareProcessNamespace
      ? [
          'shareProcessNamespace: every container of this pod of the same user, or with root or SYS_PTRACE, reads the others’ files (/proc/PID/root) and variables (/proc/PID/environ), whatever twofold.dev/containers says',
        ]
      : []),
    ...(pod.hostPID
      ? [
          'hostPID: containers of this pod, and of others with hostPID on the node, of the same user or with root, read its secrets (/proc/PID/root, /proc/PID/environ), whatever twofold.dev/containers says',
        ]
      : []),
    ...(privileged.length > 0
      ? [
          `privileged: ${privileged.slice(0, 3).join(', ')} can read every secret of this pod, and of its node`,
        ]
      : []),
    ...(paths.length > 0
      ? [
          `hostPath: a container that mounts ${paths
            .slice(0, 3)
            .map(({ name }) => quote(name))
            .join(', ')} as root can reach every secret of this pod, and of its node`,
        ]
      : []),
  ];
}
