/**
 * Checks what a rendered overlay says about trusted launchers, in three places, before anything is applied. No zone;
 * docs/design.md#trusted-launchers.
 */
import { guardLines, parseLaunchers, sharedLauncher, type Launcher } from '#platform/launchers.ts';
import { guardParameters } from '../../manifests/guard.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';
import type { Rendering } from './rendering.ts';

const NEXT = 'docs/launchers.md, “Trusted launchers”, explains each entry';

function filesIn(objects: readonly KubernetesObject[]): string[] {
  return (
    objects
      .filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === 'twofold-launchers')
      // A ConfigMap's, as in Kubernetes' schema.
      .flatMap((object) => (object as { data?: Record<string, string> }).data?.['launchers.json'] ?? [])
  );
}

function parsed(file: string): readonly Launcher[] {
  try {
    return parseLaunchers(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    throw new DeployError(`launchers.json cannot be used: ${why}`, NEXT, error);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

/**
 * Throws a DeployError where an account lives among sessions without declaring it, or console, webhook and guard would
 * trust different ones. Files that are not part of the overlay are left for the services to refuse.
 */
export function assertLaunchers({
  objects,
  sessionNamespaces,
}: Pick<Rendering, 'objects' | 'sessionNamespaces'>): void {
  const [file, ...others] = filesIn(objects);
  if (file === undefined) return;
  const launchers = parsed(file);
  const shared = sharedLauncher(launchers, sessionNamespaces);
  if (shared !== undefined) throw new DeployError(`launchers.json cannot be used: ${shared}`, NEXT);
  if (others.some((other) => JSON.stringify(parsed(other)) !== JSON.stringify(launchers)))
    throw new DeployError('console and webhook have different launchers.json', 'give both the same file');
  const guard = guardParameters(objects).launchers.split('\n');
  if (
    !same(
      guard.filter((line) => line !== ''),
      guardLines(launchers),
    )
  )
    throw new DeployError(
      'launchers in settings.yaml are not those of launchers.json',
      `write there:\n${guardLines(launchers).join('\n')}`,
    );
}
