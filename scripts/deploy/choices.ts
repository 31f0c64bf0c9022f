/**
 * What was chosen with an option of `make deploy`: kept in the cluster, so that a later deployment without the option does
 * not undo it. `make undeploy` forgets it. No zone.
 */
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { Kubectl } from './kubectl.ts';

const PLACE = { namespace: 'twofold-console', name: 'twofold-choices' } as const;

/** Option by option; absent: never chosen. */
export interface Choices {
  readonly env?: 'on' | 'off' | undefined;
  readonly database?: 'sqlite' | 'postgres' | undefined;
  readonly namespaces?: string | undefined;
}

/** The ConfigMap, as it is written below. */
interface Stored extends KubernetesObject {
  readonly data?: Choices;
}

/** What is chosen now, and otherwise what was chosen before. Where the cluster cannot be asked, deploying says why. */
export async function readChoices(kubectl: Kubectl, now: Choices): Promise<Choices> {
  const asked = ['get', 'configmap', PLACE.name, '-n', PLACE.namespace, '--ignore-not-found', '-o', 'json'];
  const { code, stdout } = await kubectl.attempt(asked);
  const stored = code === 0 && stdout.trim() !== '' ? (JSON.parse(stdout) as Stored) : undefined;
  const given = Object.entries(now).filter(([, value]) => value !== undefined);
  return { ...stored?.data, ...Object.fromEntries(given) };
}

export function choicesObject({ env, database, namespaces }: Choices): Stored {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...PLACE, labels: { 'app.kubernetes.io/part-of': 'twofold' } },
    data: {
      ...(env && { env }),
      ...(database && { database }),
      ...(namespaces && { namespaces }),
    },
  };
}
