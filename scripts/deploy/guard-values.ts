/**
 * The values of settings.yaml that no service reads, only the guard: a mistyped one would refuse sessions, or whoever labels
 * namespaces, as if it were not there. No zone; docs/design.md#guard.
 */
import { guardParameters } from '../../manifests/guard.ts';
import { DeployError } from './failure.ts';
import type { Rendering } from './rendering.ts';

/** Throws a DeployError for a value of another form than its comment says. */
export function assertGuardValues({ objects }: Pick<Rendering, 'objects'>): void {
  try {
    guardParameters(objects);
  } catch (error) {
    throw new DeployError(
      `the guard cannot have these settings: ${error instanceof Error ? error.message : String(error)}`,
      'its comment in manifests/overlays/sqlite/settings.yaml says what it may be; most may have no spaces and no line feeds',
      error,
    );
  }
}
