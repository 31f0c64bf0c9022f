/**
 * The Secrets with which nodes pull the injector's image (`injectorPullSecrets` in settings.yaml). The webhook adds their
 * names to session pods and may not read Secrets, so whether they are there is checked here. No zone.
 */
import type { V1Secret } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { Kubectl } from './kubectl.ts';
import type { Rendering } from './rendering.ts';

const TYPES = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];

type Wanted = Pick<Rendering, 'injectorPullSecrets' | 'sessionNamespaces'>;

/** Namespaces that are named: for all others there is nothing to look at. */
function named({ sessionNamespaces }: Wanted): readonly string[] {
  return sessionNamespaces.filter((namespace) => /^[a-z0-9-]+$/.test(namespace));
}

/** One sentence for each Secret that a session namespace lacks, or that nodes cannot pull with. */
export async function pullSecretNotes(kubectl: Kubectl, wanted: Wanted): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const name of wanted.injectorPullSecrets) {
    const places = named(wanted);
    const found = await Promise.all(
      places.map((namespace) => kubectl.find<V1Secret>(['secret', name, '-n', namespace])),
    );
    const missing = places.filter((_, at) => found[at] === undefined);
    const wrong = places.filter((_, at) => found[at] && !TYPES.includes(found[at].type ?? ''));
    if (missing.length > 0)
      notes.push(
        `NOTE: the pull secret ${name} is missing in ${missing.join(', ')}: session pods there cannot pull the injector’s image if its registry asks for it. kubectl -n ${missing[0] ?? ''} create secret docker-registry ${name} …`,
      );
    if (wrong.length > 0)
      notes.push(
        `NOTE: the Secret ${name} in ${wrong.join(', ')} is not of a type that nodes pull images with`,
      );
  }
  return notes;
}

/** Copies for a namespace in which the injector's image runs too; without those that no session namespace has. */
export async function copiedPullSecrets(
  kubectl: Kubectl,
  wanted: Wanted,
  namespace: string,
): Promise<readonly KubernetesObject[]> {
  const copies = wanted.injectorPullSecrets.map(async (name) => {
    for (const place of named(wanted)) {
      const found = await kubectl.find<V1Secret>(['secret', name, '-n', place]);
      if (found)
        return [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name, namespace },
            type: found.type,
            data: found.data,
          },
        ];
    }
    return [];
  });
  return (await Promise.all(copies)).flat();
}
