/** The namespaces that settings.yaml enables, and what a deployment needs of them. No zone; docs/design.md#namespaces. */
import { isEnabled, namesIn } from '#platform/namespaces.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import type { Rendering } from './rendering.ts';

const MAX_SHOWN = 20;

/** The first of very many, and how many more there are. */
export function shortened(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN;
  return names.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function bindsEverywhere({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'ClusterRoleBinding' && metadata?.name === 'twofold-webhook-sessions';
}

/** Those that the overlay puts objects into and does not make itself. */
function presumedNamespaces(objects: Rendering['objects']): readonly string[] {
  const made = objects.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? metadata?.name : []));
  const all = new Set(objects.flatMap(({ metadata }) => metadata?.namespace ?? []));
  return [...all].filter((name) => !made.includes(name));
}

/**
 * Throws a DeployError where a namespace does not exist that is named or has a folder in the overlay, or the roles do not
 * reach those of a pattern or label.
 */
export async function assertNamespaces(
  kubectl: Pick<Kubectl, 'find'>,
  { sessionNamespaces, objects }: Pick<Rendering, 'sessionNamespaces' | 'objects'>,
): Promise<void> {
  const named = namesIn(sessionNamespaces);
  if (named.length < sessionNamespaces.length && !objects.some(bindsEverywhere))
    throw new DeployError(
      `settings.yaml enables ${sessionNamespaces.filter((entry) => !named.includes(entry)).join(', ')}, but no role reaches such namespaces`,
      'add components/namespace-rules to the overlay (docs/install.md, “A namespace for each user”)',
    );
  const missingOf = async (names: readonly string[]): Promise<readonly string[]> => {
    const found = await Promise.all(names.map((name) => kubectl.find(['namespace', name])));
    return names.filter((_, index) => found[index] === undefined);
  };
  const missing = await missingOf(named);
  if (missing.length > 0)
    throw new DeployError(
      `settings.yaml enables namespaces that do not exist: ${missing.join(', ')}`,
      `kubectl create namespace ${missing[0] ?? ''}`,
    );
  const presumed = await missingOf(presumedNamespaces(objects));
  if (presumed.length > 0)
    throw new DeployError(
      `the overlay has objects for namespaces that do not exist: ${presumed.join(', ')}`,
      `remove them from the overlay, as where sessions/ still has the example’s folder; or: kubectl create namespace ${presumed[0] ?? ''}`,
    );
}

/** Those that are named, and those that exist now of a pattern's or the label's. */
export async function enabledNamespaces(
  kubectl: Pick<Kubectl, 'list'>,
  entries: Rendering['sessionNamespaces'],
): Promise<readonly string[]> {
  const named = namesIn(entries);
  if (named.length === entries.length) return named;
  const namespaces = await kubectl.list<KubernetesObject>(['namespaces']);
  const enabled = namespaces
    .map(({ metadata }) => ({ name: metadata?.name ?? '', labels: metadata?.labels ?? {} }))
    .filter((namespace) => isEnabled(entries, namespace))
    .map(({ name }) => name);
  return [...new Set([...named, ...enabled])];
}

/** An enabled namespace for the self-test: a named one, or else one that exists; undefined where none does yet. */
export async function testNamespace(
  kubectl: Pick<Kubectl, 'list'>,
  entries: Rendering['sessionNamespaces'],
): Promise<string | undefined> {
  const [named] = namesIn(entries);
  if (named !== undefined) return named;
  // `default` first where it is enabled: others may have a controller that removes what it does not know.
  const enabled = await enabledNamespaces(kubectl, entries);
  return enabled.find((name) => name === 'default') ?? enabled[0];
}
