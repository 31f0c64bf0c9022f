/**
 * Additions as JSON Patch (RFC 6902), built directly: comparing two pods turns an insert at the front of
 * `initContainers` into field-by-field replacements. Zone 2, pure.
 */
import { SESSION_LABEL } from '#envelope/annotations.ts';
import type { Additions, ContainerAddition } from './additions.ts';
import type { Pod } from './pod.ts';

export interface Operation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

function add(path: string, value: unknown): Operation {
  return { op: 'add', path, value };
}

/** A member's name in a path (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Appends to a list that may not be there yet. */
function append(path: string, exists: boolean, items: readonly unknown[]): readonly Operation[] {
  if (items.length === 0) return [];
  return exists ? items.map((item) => add(`${path}/-`, item)) : [add(path, items)];
}

function containerOperations(
  path: string,
  container: { readonly hasMounts: boolean; readonly hasEnv: boolean } | undefined,
  { mounts, env }: ContainerAddition,
): readonly Operation[] {
  return [
    ...append(`${path}/volumeMounts`, container?.hasMounts ?? false, mounts),
    ...append(`${path}/env`, container?.hasEnv ?? false, env),
  ];
}

/**
 * A pod that comes without pull secrets has none from its service account either: the ServiceAccount plugin, which copies
 * those into a pod that names none, runs before webhooks do, so what it copied is kept here.
 */
function pullSecretOperations({ pullSecrets }: Pod, additions: Additions): readonly Operation[] {
  const missing = [...new Set(additions.pullSecrets)].filter((name) => !pullSecrets?.includes(name));
  const items = missing.map((name) => ({ name }));
  return append('/spec/imagePullSecrets', pullSecrets !== undefined, items);
}

/** The operations in order: Twofold's init container comes first, so later indices are one higher. */
export function patchOf(pod: Pod, additions: Additions): readonly Operation[] {
  return [
    pod.labels
      ? add(`/metadata/labels/${escaped(SESSION_LABEL)}`, additions.sid)
      : add('/metadata/labels', { [SESSION_LABEL]: additions.sid }),
    // A session pod has annotations.
    ...Object.entries(additions.annotations).map(([key, value]) =>
      add(`/metadata/annotations/${escaped(key)}`, value),
    ),
    ...append('/spec/volumes', pod.volumes !== undefined, additions.volumes),
    ...pullSecretOperations(pod, additions),
    pod.initContainers
      ? add('/spec/initContainers/0', additions.initContainer)
      : add('/spec/initContainers', [additions.initContainer]),
    ...additions.containers.flatMap((addition) =>
      containerOperations(`/spec/containers/${addition.at}`, pod.containers[addition.at], addition),
    ),
    ...additions.initContainers.flatMap((addition) =>
      containerOperations(
        `/spec/initContainers/${addition.at + 1}`,
        pod.initContainers?.[addition.at],
        addition,
      ),
    ),
  ];
}
