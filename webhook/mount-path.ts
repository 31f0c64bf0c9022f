/** Where a container may find its files, alongside its own mounts. Zone 2; docs/design.md#annotations. */
import { annotations } from '#envelope/annotations.ts';
import { normaliseMountPath } from '#envelope/mount-path.ts';
import { quote } from '#envelope/selection.ts';
import type { Container } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);
}

/** Why `path` cannot be mounted in this container: something is at, inside or above it. */
export function mountConflict(path: string, container: Container): Refusal | undefined {
  const taken = container.mountPaths.find((mounted) => {
    const other = normaliseMountPath(mounted);
    return isWithin(other, path) || isWithin(path, other);
  });
  if (taken === undefined) return undefined;
  const where = `container ${quote(container.name)} already mounts ${quote(taken)}, which overlaps ${quote(path)}`;
  return refuse('mount_path_taken', `${where}; choose another path`, annotations.mountPath.key);
}
