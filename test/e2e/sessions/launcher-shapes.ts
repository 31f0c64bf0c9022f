/**
 * What the captured launchers create, adapted to a cluster that has neither their images nor their volumes: containers,
 * mounts, users, groups, sidecars and resources stay as they were; images, probes and what other objects would have to
 * hold are replaced. See test/fixtures/reviews.
 */
import { readFileSync } from 'node:fs';
import { missingAnnotations } from '../../reviews.ts';
import { STAY, SHELL_IMAGE } from './pods.ts';

type Kind = 'Pod' | 'StatefulSet' | 'Deployment' | 'Job';

export const shapes: readonly { readonly file: string; readonly kind: Kind }[] = [
  { file: 'amalthea-session-statefulset', kind: 'StatefulSet' },
  { file: 'amalthea-jupyterserver-statefulset', kind: 'StatefulSet' },
  { file: 'kubeflow-notebook-statefulset', kind: 'StatefulSet' },
  { file: 'kubeflow-notebook-istio', kind: 'StatefulSet' },
  { file: 'statefulset-claim-template', kind: 'StatefulSet' },
  { file: 'coder-workspace-deployment', kind: 'Deployment' },
  { file: 'deployment-dashboard', kind: 'Deployment' },
  { file: 'deployment-istio-native-sidecar', kind: 'Deployment' },
  { file: 'job-training', kind: 'Job' },
  { file: 'spark-executor-pod', kind: 'Pod' },
  { file: 'kubespawner-ticket', kind: 'Pod' },
  { file: 'twelve-containers', kind: 'Pod' },
  { file: 'pod-level-resources', kind: 'Pod' },
  { file: 'all-optional-annotations', kind: 'Pod' },
];

type Amounts = Readonly<Record<string, string>>;

interface Resources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

interface Named {
  readonly name: string;
}

interface User {
  readonly runAsUser?: number;
  readonly runAsNonRoot?: boolean;
}

interface Container extends Named {
  readonly securityContext?: User;
  readonly restartPolicy?: string;
  readonly resources?: Resources;
  readonly volumeMounts?: readonly Named[];
  readonly env?: readonly (Named & { readonly valueFrom?: object })[];
}

interface Spec {
  readonly securityContext?: User;
  readonly volumes?: readonly Named[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly resources?: Resources;
}

interface Captured {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Spec;
}

function without(object: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function isOurs({ name }: Named): boolean {
  return !name.startsWith('kube-api-access-');
}

/** A small node without devices holds many of them at a time. */
function littleProcessor(amounts: Amounts = {}, cpu = '20m'): Amounts {
  return Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) => {
      if (name === 'cpu') return [[name, cpu]];
      return name.includes('/') ? [] : [[name, amount]];
    }),
  );
}

/** Requests stay equal to limits where they were; elsewhere the limit is one with which Node starts, too. */
function smaller<T extends { readonly resources?: Resources }>(object: T): T {
  if (!object.resources) return object;
  const { requests, limits } = object.resources;
  const limit = limits?.['cpu'] === requests?.['cpu'] ? '20m' : '500m';
  const resources = {
    ...object.resources,
    requests: littleProcessor(requests),
    limits: littleProcessor(limits, limit),
  };
  return { ...object, resources };
}

const OTHER_OBJECTS = [
  'persistentVolumeClaim',
  'secret',
  'configMap',
  'hostPath',
  'secretKeyRef',
  'configMapKeyRef',
];

const IMAGES_OWN = [
  'args',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'workingDir',
  'envFrom',
];

/** The captured images have their own user, and the one here has none. */
function withImagesUser({ securityContext: own }: Container, pod: User = {}): object {
  const user = { ...pod, ...own };
  return user.runAsNonRoot === true && user.runAsUser === undefined
    ? { securityContext: { ...own, runAsUser: 65532 } }
    : {};
}

function containerOf(container: Container, command: readonly string[], pod?: User): object {
  return {
    ...without(smaller(container), IMAGES_OWN),
    ...withImagesUser(container, pod),
    image: SHELL_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command,
    env: (container.env ?? []).map(({ name, valueFrom, ...kept }) =>
      OTHER_OBJECTS.some((kind) => valueFrom && kind in valueFrom)
        ? { name, value: '' }
        : { name, ...(valueFrom && { valueFrom }), ...kept },
    ),
    volumeMounts: (container.volumeMounts ?? []).filter(isOurs),
  };
}

/** Nothing reads what claims, Secrets and ConfigMaps would hold: an empty folder takes their place. */
function volumeOf(volume: Named): object {
  return OTHER_OBJECTS.some((kind) => kind in volume) ? { name: volume.name, emptyDir: {} } : volume;
}

/** From the cluster of the capture; a StatefulSet sets `hostname` and `subdomain`. */
const CLUSTERS_OWN = [
  'nodeName',
  'nodeSelector',
  'tolerations',
  'priority',
  'priorityClassName',
  'preemptionPolicy',
  'imagePullSecrets',
  'serviceAccount',
  'serviceAccountName',
  'schedulerName',
  'hostname',
  'subdomain',
];

function specOf(spec: Spec): object {
  return {
    ...without(smaller(spec), CLUSTERS_OWN),
    terminationGracePeriodSeconds: 1,
    volumes: (spec.volumes ?? []).filter(isOurs).map(volumeOf),
    initContainers: (spec.initContainers ?? []).map((each) =>
      containerOf(each, each.restartPolicy === 'Always' ? STAY : ['true'], spec.securityContext),
    ),
    containers: spec.containers.map((each) => containerOf(each, STAY, spec.securityContext)),
  };
}

function readPod(file: string): Captured {
  const url = new URL(`../../fixtures/reviews/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { request: { object: Captured } }).request.object; // a captured review
}

function wrapped(kind: Kind, name: string, template: { metadata: object; spec: object }): object {
  const metadata = { name, labels: { shape: name } };
  if (kind === 'Pod') {
    return { apiVersion: 'v1', kind, metadata: { ...template.metadata, name }, spec: template.spec };
  }
  if (kind === 'Job') return { apiVersion: 'batch/v1', kind, metadata, spec: { template } };
  const own = kind === 'StatefulSet' ? { serviceName: name } : {};
  const selector = { matchLabels: { shape: name } };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas: 1, selector, template, ...own } };
}

export function launcherShape(file: string) {
  const { metadata, spec } = readPod(file);
  const asked = { ...metadata.annotations, ...missingAnnotations(file) };
  const names = (metadata.annotations['twofold.dev/secrets'] ?? '')
    .split(',')
    .map((item) => item.split('=')[0]?.trim() ?? '');
  const variables = (metadata.annotations['twofold.dev/env'] ?? '')
    .split(',')
    .map((item) => item.split('=')[1]?.trim() ?? '');
  return {
    secrets: [...new Set([...names, ...variables])].filter((name) => name !== ''),
    /** The captured annotations, except the ticket, and the container where they do not name it. */
    object: (kind: Kind, name: string, ticket: Readonly<Record<string, string>>): object =>
      wrapped(kind, name, {
        metadata: {
          labels: { shape: name },
          annotations: { ...ticket, ...asked, 'twofold.dev/ticket': ticket['twofold.dev/ticket'] },
        },
        spec: specOf(spec),
      }),
  };
}
