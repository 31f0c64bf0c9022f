/**
 * A real control plane for drills: people by their identity provider, services by their accounts, a node without a
 * machine. It starts once for each issuer of tokens, and each drill finds it as the first one did.
 */
import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { createApi, type Api } from '../../scripts/dev/api.ts';
import { applyDocuments, untilInForce } from '../../scripts/dev/apply.ts';
import { NODE, roles, users, type StartCluster } from '../../scripts/dev/cluster.ts';
import { startControlPlane, type ControlPlane } from '../../scripts/dev/control-plane.ts';
import { development, leafOf, type Environment } from '../../scripts/dev/environment.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { PodSpec } from '../../scripts/dev/kubernetes/objects.ts';
import { eventually } from '../eventually.ts';
import { testFolder } from '../folder.ts';
import { createEtcd, type Etcd } from './etcd.ts';

/** Where drills make pods. */
const NAMESPACES = [development.namespace, 'hub', 'hub-sessions', 'elsewhere'];

const RBAC = 'rbac.authorization.k8s.io';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** The certificate that the API server shows to every webhook. */
function admissionConfiguration(environment: Environment, dir: string): string {
  const { cert, key } = leafOf(environment, 'apiserver-webhook');
  const kubeConfigFile = join(dir, 'webhooks.kubeconfig');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    users: [{ name: '*', user }],
  };
  writeFileSync(kubeConfigFile, JSON.stringify(kubeconfig), { mode: 0o600 });
  const file = join(dir, 'admission.yaml');
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile,
  };
  const plugins = [{ name: 'MutatingAdmissionWebhook', configuration }];
  const document = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

function people({ options }: Environment): object[] {
  return options.people.map((name) => ({ apiGroup: RBAC, kind: 'User', name: `${name}@example.org` }));
}

/** Namespaces, a node, and what people may do: in each namespace what its editors may. */
function objects(environment: Environment): KubernetesObject[] {
  const names = [...NAMESPACES, 'twofold-console', 'twofold-webhook', 'twofold-keyservice'];
  const developers = [...people(environment), { apiGroup: RBAC, kind: 'Group', name: 'developers' }];
  const accounts = ['console', 'webhook'].map((name) => ({ name, namespace: `twofold-${name}` }));
  return [
    ...names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...accounts.map((metadata) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })),
    { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } },
    ...NAMESPACES.map((namespace) => ({
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
      subjects: developers,
    })),
    ...roles(),
  ];
}

async function untilPodsCanBeMade(api: Api): Promise<void> {
  for (const name of NAMESPACES) {
    await eventually(`the namespace ${name} has its service account`, async () => {
      const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
      return (await api.call({ method: 'GET', path })).status === 200;
    });
  }
}

/** Until the webhook refuses a pod that it cannot accept: its configuration is in force then, and it answers. */
async function untilAsked(api: Api): Promise<void> {
  const pod = {
    metadata: { name: 'probe', annotations: { 'twofold.dev/probe': 'x' } },
    spec: { containers: [{ name: 'main', image: 'x' }] },
  };
  let last = '';
  await eventually(
    'pods are shown to the webhook',
    async () => {
      const path = `/api/v1/namespaces/${development.namespace}/pods?dryRun=All`;
      last = (await api.call({ method: 'POST', path, body: pod })).message;
      return last.includes('admission webhook "pods.twofold.dev" denied');
    },
    { seen: () => last },
  );
}

/** Until the API server knows that the pod is on the node: a kubelet asks again, too, until then. */
async function untilSeen(api: Api, namespace: string, name: string): Promise<void> {
  const resource = { group: '', resource: 'serviceaccounts', subresource: 'token' };
  const resourceAttributes = { verb: 'create', ...resource, namespace, name };
  const spec = { user: `system:node:${NODE}`, groups: users[`system:node:${NODE}`], resourceAttributes };
  await eventually(`the node may ask for tokens of ${name}`, async () => {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { status } = await api.must<{ status: { allowed: boolean } }>({
      method: 'POST',
      path,
      body: { spec },
    });
    return status.allowed;
  });
}

/** Bound to nothing, as whoever has the API server's key can make one at any time. */
async function accountToken(api: Api, dir: string, account: string): Promise<string> {
  const [, , namespace = '', name = ''] = account.split(':');
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
  const { metadata } = await api.must<{ metadata: { uid: string } }>({ method: 'GET', path });
  const key = createPrivateKey(readFileSync(join(dir, 'pki/service-account.key')));
  return await new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name, uid: metadata.uid } } })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(ISSUER)
    .setAudience(ISSUER)
    .setSubject(account)
    .setIssuedAt()
    .setNotBefore('0 s')
    .setExpirationTime('7 d')
    .setJti(randomUUID())
    .sign(key);
}

interface Plane {
  readonly plane: ControlPlane;
  readonly etcd: Etcd;
  readonly tokens: ReadonlyMap<string, string>;
  /** Before anything of a drill's was there. */
  readonly pristine: Awaited<ReturnType<Etcd['contents']>>;
}

const planes = new Map<string, Promise<Plane>>();

async function startPlane(environment: Environment, issuer: string): Promise<Plane> {
  const dir = testFolder('control-plane');
  const tokens = new Map(Object.keys(users).map((name) => [name, randomBytes(32).toString('base64url')]));
  const rows = Object.entries(users).map(
    ([name, [group]]) => `${tokens.get(name) ?? ''},${name},${name},${group}`,
  );
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const plane = await startControlPlane(join(dir, 'kubernetes'), [
    `--token-auth-file=${file('users.csv', `${rows.join('\n')}\n`)}`,
    `--oidc-issuer-url=${issuer}`,
    `--oidc-client-id=${development.audience}`,
    `--oidc-ca-file=${environment.caFile}`,
    '--oidc-username-claim=email',
    `--admission-control-config-file=${admissionConfiguration(environment, dir)}`,
  ]);
  const etcd = createEtcd(plane.folder);
  return { plane, etcd, tokens, pristine: await etcd.contents() };
}

export const startRealCluster: StartCluster = async (environment, issuer) => {
  const started = planes.get(issuer) ?? startPlane(environment, issuer);
  planes.set(issuer, started);
  const { plane, etcd, tokens, pristine } = await started;
  await etcd.restore(pristine);
  copyFileSync(join(plane.folder, 'admin.kubeconfig'), join(environment.dir, 'admin.kubeconfig'));
  const api = createApi(plane.admin);
  await applyDocuments(api, objects(environment));
  await untilPodsCanBeMade(api);
  return {
    url: plane.url,
    ca: plane.ca,
    // It ends with this process.
    close: () => Promise.resolve(),
    token: async (username) => tokens.get(username) ?? (await accountToken(api, plane.folder, username)),
    apply: async (documents) => {
      await applyDocuments(api, documents);
      await untilInForce(api);
      await untilAsked(api);
    },
    schedule: async (namespace, name) => {
      const pod = `/api/v1/namespaces/${namespace}/pods/${name}`;
      const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
      const { spec } = await api.must<{ spec: PodSpec }>({ method: 'GET', path: pod });
      if (spec.nodeName === undefined)
        await api.must({ method: 'POST', path: `${pod}/binding`, body: { metadata: { name }, target } });
      await untilSeen(api, namespace, spec.serviceAccountName ?? 'default');
    },
  };
};
