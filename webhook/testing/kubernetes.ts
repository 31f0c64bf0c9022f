/** A real API server with the shipped roles, and clients of it: for the tests of what calls Kubernetes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubernetesApi, type KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { applyDocuments } from '../../scripts/dev/apply.ts';
import { roles } from '../../scripts/dev/cluster.ts';
import { accountToken, controlPlane, createApi, makeNamespaces, type Api } from '../../test/control-plane.ts';
import { testFolder } from '../../test/folder.ts';

export interface TestKubernetes {
  /** As the webhook's service account, with its roles and nothing else. */
  readonly api: KubernetesApi;
  readonly admin: KubernetesApi;
  apiAt(url: string, tokenFile?: string): KubernetesApi;
  /** Removes what was made. */
  close(): Promise<void>;
}

const ADMIN = { namespace: 'sessions', name: 'admin' };
const WEBHOOK = { namespace: 'twofold-webhook', name: 'webhook' };
const NAMESPACES = ['sessions', 'team', 'first', 'second', 'third', 'twofold-console', 'twofold-keyservice'];
const RBAC = 'rbac.authorization.k8s.io';

const everything = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'everything' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', ...ADMIN }],
};

async function prepare(api: Api): Promise<void> {
  const accounts = [ADMIN, WEBHOOK].map(({ namespace, name }) => ({ namespace, account: name }));
  const places = NAMESPACES.map((namespace) => ({ namespace, account: 'default' }));
  await makeNamespaces(api, [...accounts, ...places]);
  await applyDocuments(api, [...roles(), everything]);
}

async function removeAll(api: Api): Promise<void> {
  for (const namespace of [...NAMESPACES, WEBHOOK.namespace])
    for (const collection of [
      `/api/v1/namespaces/${namespace}/pods`,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      `/api/v1/namespaces/${namespace}/secrets`,
    ])
      await api.must({ method: 'DELETE', path: `${collection}?gracePeriodSeconds=0` });
}

const prepared = new Map<string, Promise<void>>();

/** `flags` for its API server need a control plane of their own, named by the configuration. */
export async function startKubernetes(
  configuration = 'webhook',
  flags: readonly string[] = [],
): Promise<TestKubernetes> {
  const plane = await controlPlane(configuration, flags);
  const cluster = createApi(plane.admin);
  const ready = prepared.get(configuration) ?? prepare(cluster);
  prepared.set(configuration, ready);
  await ready;
  const log = createLog({ service: 'webhook', level: 'silent' });
  const kubernetesCaFile = join(plane.folder, 'pki/ca.crt');
  const apiAt = (kubernetesUrl: string, kubernetesTokenFile = '/dev/null'): KubernetesApi => {
    const options = { kubernetesUrl, kubernetesTokenFile, kubernetesCaFile };
    return createKubernetesApi(options, { log });
  };
  const apiFor = async (account: { namespace: string; name: string }): Promise<KubernetesApi> => {
    const file = join(testFolder('token'), 'token');
    writeFileSync(file, await accountToken(cluster, account));
    return apiAt(plane.url, file);
  };
  const [api, admin] = [await apiFor(WEBHOOK), await apiFor(ADMIN)];
  return {
    api,
    admin,
    apiAt,
    close: async () => {
      api.close();
      admin.close();
      await removeAll(cluster);
    },
  };
}
