/**
 * The Secrets with which nodes pull the injector's image (`injectorPullSecrets` in settings.yaml). The webhook adds their
 * names to session pods and may not read Secrets, so whether they are there is checked here. No zone.
 */
import type { V1Secret } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { Kubectl } from './kubectl.ts';
import { enabledNamespaces, shortened } from './namespaces.ts';
import type { Rendering } from './rendering.ts';

const TYPES = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];

type Wanted = Pick<Rendering, 'injectorPullSecrets' | 'sessionNamespaces'>;

/** Those of this name in session namespaces, by namespace. */
async function pullSecrets(
  kubectl: Kubectl,
  name: string,
  namespaces: readonly string[],
): Promise<ReadonlyMap<string, V1Secret>> {
  const all = await kubectl.list<V1Secret>(['secrets', '-A', '--field-selector', `metadata.name=${name}`]);
  const found = all.map((secret) => [secret.metadata?.namespace ?? '', secret] as const);
  return new Map(found.filter(([namespace]) => namespaces.includes(namespace)));
}

/** One sentence for each Secret that a session namespace lacks, or that nodes cannot pull with. */
export async function pullSecretNotes(kubectl: Kubectl, wanted: Wanted): Promise<readonly string[]> {
  const { injectorPullSecrets, sessionNamespaces } = wanted;
  if (injectorPullSecrets.length === 0) return [];
  const places = await enabledNamespaces(kubectl, sessionNamespaces);
  const notes: string[] = [];
  for (const name of injectorPullSecrets) {
    const found = await pullSecrets(kubectl, name, places);
    const missing = places.filter((place) => !found.has(place));
    const wrong = [...found].filter(([, { type }]) => !TYPES.includes(type ?? '')).map(([place]) => place);
    if (missing.length > 0)
      notes.push(
        `NOTE: the pull secret ${name} is missing in ${shortened(missing)}: session pods there cannot pull the injector’s image if its registry asks for it. kubectl -n ${missing[0] ?? ''} create secret docker-registry ${name} …`,
      );
    if (wrong.length > 0)
      notes.push(
        `NOTE: the Secret ${name} in ${shortened(wrong)} is not of a type that nodes pull images with`,
      );
  }
  return notes;
}

/** Copies for a namespace in which the injector's image runs too; without those that no session namespace has. */
export async function copiedPullSecrets(
  kubectl: Kubectl,
  { injectorPullSecrets, sessionNamespaces }: Wanted,
  namespace: string,
): Promise<readonly KubernetesObject[]> {
  if (injectorPullSecrets.length === 0) return [];
  const places = await enabledNamespaces(kubectl, sessionNamespaces);
  const copies = injectorPullSecrets.map(async (name) => {
    const [found] = (await pullSecrets(kubectl, name, places)).values();
    return found === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name, namespace },
            type: found.type,
            data: found.data,
          },
        ];
  });
  return (await Promise.all(copies)).flat();
}
