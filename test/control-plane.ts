/** Real control planes for tests: one for each configuration in a mocha process, started on first use. */
import type { KubernetesObject } from '../manifests/kubernetes-object.ts';
import { createApi, type Api } from '../scripts/dev/api.ts';
import { applyDocuments, deleteDocuments, untilInForce } from '../scripts/dev/apply.ts';
import { startControlPlane, type ControlPlane } from '../scripts/dev/control-plane.ts';
import { eventually } from './eventually.ts';
import { testFolder } from './folder.ts';

const started = new Map<string, Promise<ControlPlane>>();

/** It ends with this process. `flags` are its API server's. */
export function controlPlane(configuration: string, flags: readonly string[] = []): Promise<ControlPlane> {
  const folder = (): string => testFolder(`control-plane-${configuration}`);
  const plane = started.get(configuration) ?? startControlPlane(folder(), flags);
  started.set(configuration, plane);
  return plane;
}

interface Policies {
  /** Puts these policies in force in place of the previous ones. Resolves when they are. */
  use(documents: readonly KubernetesObject[]): Promise<void>;
}

export function createPolicies(api: Api): Policies {
  let applied: readonly KubernetesObject[] = [];
  const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind ?? ''} ${metadata?.name ?? ''}`;
  return {
    use: async (documents) => {
      const names = new Set(documents.map(nameOf));
      const gone = applied.filter((document) => !names.has(nameOf(document)));
      applied = documents;
      await deleteDocuments(api, gone);
      await applyDocuments(api, documents);
      await untilInForce(api);
    },
  };
}

/** Namespaces and service accounts with which pods can be created. */
export async function makeNamespaces(
  api: Api,
  places: readonly { readonly namespace: string; readonly account: string }[],
): Promise<void> {
  for (const name of new Set(places.map(({ namespace }) => namespace))) {
    await applyDocuments(api, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
    await eventually(`the namespace ${name} has its service account`, async () => {
      const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
      return (await api.call({ method: 'GET', path })).status === 200;
    });
  }
  const accounts = places.map(({ namespace, account }) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: account, namespace },
  }));
  await applyDocuments(
    api,
    accounts.filter(({ metadata }) => metadata.name !== 'default'),
  );
}

/** Bound to no pod; for the API server itself. */
export async function accountToken(
  api: Api,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await api.must<{ status: { token: string } }>({ method: 'POST', path, body: {} });
  return status.token;
}

export { createApi, type Api };
