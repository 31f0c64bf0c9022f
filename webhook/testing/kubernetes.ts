/** A development API server with the shipped roles, and who speaks to it: for the tests of webhook/. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubernetesApi, type KubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { startApiServer } from '../../scripts/dev/api-server/server.ts';
import { testCertificates } from '../../test/certificates.ts';
import { testFolder } from '../../test/folder.ts';

const manifest = (path: string) =>
  parseManifests(readFileSync(new URL(`../../manifests/${path}`, import.meta.url), 'utf8'));

export interface TestKubernetes {
  /** As the webhook's service account, with its roles and nothing else. */
  readonly api: KubernetesApi;
  readonly admin: KubernetesApi;
  apiAt(url: string, tokenFile?: string): KubernetesApi;
  close(): Promise<void>;
}

export const startKubernetes = async (now?: () => Date): Promise<TestKubernetes> => {
  const certificates = await testCertificates();
  const tls = certificates.leaf('console');
  const server = await startApiServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    clientCa: tls.ca,
    manifests: [...manifest('base/rbac.yaml'), ...manifest('components/all-namespaces/role-binding.yaml')],
    ...(now && { now }),
  });
  const log = createLog({ service: 'webhook', level: 'silent' });
  const kubernetesCaFile = join(certificates.leafDir('console'), 'ca.crt');
  const apiAt = (kubernetesUrl: string, kubernetesTokenFile = '/dev/null'): KubernetesApi => {
    const options = { kubernetesUrl, kubernetesTokenFile, kubernetesCaFile };
    return createKubernetesApi(options, { log });
  };
  const apiFor = async (user: string, groups: string[]): Promise<KubernetesApi> => {
    const file = join(testFolder('token'), 'token');
    writeFileSync(file, await server.token(user, groups));
    return apiAt(server.url, file);
  };
  const api = await apiFor('system:serviceaccount:twofold-webhook:webhook', []);
  const admin = await apiFor('admin', ['system:masters']);
  return {
    api,
    admin,
    apiAt,
    close: async () => {
      api.close();
      admin.close();
      await server.close();
    },
  };
};
