/**
 * A session pod as the webhook leaves it, by hand from the design (docs/design.md#pod): what the guard's tests start
 * from, changing one thing each. No zone.
 */
import { encodeInitValues, parseAnnotations } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';

interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  [field: string]: unknown;
}
interface Variable {
  name: string;
  value?: string;
  valueFrom?: Record<string, unknown>;
}
export interface Container {
  name: string;
  image: string;
  env?: Variable[];
  envFrom?: unknown[];
  volumeMounts?: Mount[];
  securityContext?: Record<string, unknown>;
  [field: string]: unknown;
}
export interface Volume {
  name: string;
  secret?: Record<string, unknown>;
  projected?: { defaultMode?: number; sources: Record<string, unknown>[] };
  emptyDir?: Record<string, unknown>;
  [source: string]: unknown;
}
export interface Pod {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    finalizers?: string[];
  };
  spec: {
    containers: Container[];
    initContainers: Container[];
    ephemeralContainers?: Container[];
    volumes: Volume[];
    [field: string]: unknown;
  };
}

export const SID = '0123456789abcdef0123456789abcdef';
export const IMAGE = 'twofold-injector:0.1.0';
export const CLAIM_URL = 'https://console.twofold-console.svc:8445/internal/v1/claim';

/** A user container, a proxy, and the user's init container; nothing of Twofold's. */
export function plainPod(): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'jupyter-alice',
      namespace: 'sessions',
      labels: { app: 'jupyterhub' },
      annotations: { 'example.org/colour': 'green' },
    },
    spec: {
      containers: [
        { name: 'notebook', image: 'notebook:1', env: [{ name: 'HOME', value: '/home/alice' }] },
        { name: 'proxy', image: 'proxy:1' },
      ],
      initContainers: [{ name: 'clone', image: 'git:1' }],
      volumes: [{ name: 'home', emptyDir: {} }],
    },
  };
}

/** The API server omits an empty value. */
function initVariables(files: boolean, env: boolean): Variable[] {
  const { values } = parseAnnotations({
    ...(files && { [annotations.files.key]: 'db-password' }),
    ...(env && { [annotations.variables.key]: 'PGPASSWORD=db-password' }),
    [annotations.fileMode.key]: '0440',
  });
  return Object.entries(encodeInitValues(values)).map(([name, value]) => ({ name, ...(value && { value }) }));
}

function injector(sums: string, files: boolean, env: boolean): Container {
  return {
    name: 'twofold-init',
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'TWOFOLD_CLAIM_URL', value: CLAIM_URL },
      { name: 'TWOFOLD_GRANT_SHA256', value: sums },
      { name: 'TWOFOLD_CA_SHA256', value: sums },
      ...initVariables(files, env),
    ],
    volumeMounts: [
      { name: 'twofold-session', mountPath: '/twofold/session', readOnly: true },
      { name: 'twofold-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
      ...(files ? [{ name: 'twofold-files', mountPath: '/twofold/files' }] : []),
      ...(env ? [{ name: 'twofold-env', mountPath: '/twofold/env' }] : []),
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  };
}

function ourVolumes(sid: string, files: boolean, env: boolean): Volume[] {
  const serviceAccountToken = { audience: `twofold:${sid}`, expirationSeconds: 600, path: 'token' };
  return [
    { name: 'twofold-session', secret: { secretName: `twofold-${sid}`, defaultMode: 292 } },
    { name: 'twofold-token', projected: { defaultMode: 292, sources: [{ serviceAccountToken }] } },
    ...(files ? [{ name: 'twofold-files', emptyDir: { medium: 'Memory', sizeLimit: '8192' } }] : []),
    ...(env ? [{ name: 'twofold-env', emptyDir: { medium: 'Memory', sizeLimit: '8192' } }] : []),
  ];
}

/** The plain pod after the webhook. `sid` of zeros is a dry run's. */
export function sessionPod({ sid = SID, files = true, env = true } = {}): Pod {
  const pod = plainPod();
  const sums = (/^0+$/.test(sid) ? '0' : 'c').repeat(64);
  pod.metadata.labels['twofold.dev/session'] = sid;
  pod.metadata.annotations['twofold.dev/secrets'] = 'db-password';
  pod.metadata.annotations['twofold.dev/ticket'] = 'eyJ.e30.AA';
  pod.spec.volumes.push(...ourVolumes(sid, files, env));
  pod.spec.initContainers.unshift(injector(sums, files, env));
  const [notebook] = pod.spec.containers;
  if (files && notebook) {
    notebook.volumeMounts = [{ name: 'twofold-files', mountPath: '/secrets', readOnly: true }];
  }
  const fileKeyRef = { volumeName: 'twofold-env', path: 'env', key: 'PGPASSWORD' };
  if (env) notebook?.env?.push({ name: 'PGPASSWORD', valueFrom: { fileKeyRef } });
  return pod;
}
