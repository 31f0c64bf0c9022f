/** Kinds of Kubernetes objects that create pods: where each has its pods' annotations, and what a ticket has to say. Zone 0. */
import { isSubdomain, parsePodPattern } from '#envelope/pod.ts';
import type { Path } from './splice.ts';

/** The pods of one template. */
export interface Pods {
  /** Which template of the object, if it has several. */
  readonly part: string | undefined;
  /** Where their annotations are. */
  readonly annotations: Path;
  /** More than one where the manifest gives its steps different ones. */
  readonly serviceAccounts: readonly string[];
  /** Names of the regular containers that are the person's own. */
  readonly containers: readonly string[];
  /** Their names, for a ticket: exact, or a prefix; undefined if the manifest does not tell. */
  readonly pods: string | undefined;
}

interface Workload {
  /** It creates pods for as long as it exists, perhaps after its ticket has ended. */
  readonly lasting: boolean;
  /** Empty where the object has no pods of its own. */
  readonly podsOf: (object: unknown) => readonly Pods[];
}

export function memberOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string | number, unknown>>)[key] // its own member, of whatever type
    : undefined;
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(memberOf, value);
}

export function textAt(value: unknown, ...path: Path): string | undefined {
  const text = valueAt(value, path);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function listAt(value: unknown, ...path: Path): readonly unknown[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list : [];
}

function keysAt(value: unknown, path: Path): readonly string[] {
  const map = valueAt(value, path);
  return typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.keys(map) : [];
}

/** Names of containers are DNS labels; anything else is refused by Kubernetes, and shown by nobody. */
function containerNames(containers: readonly unknown[], unnamed?: string): readonly string[] {
  return containers.flatMap((container) => {
    const name = textAt(container, 'name') ?? unnamed;
    return typeof container === 'object' &&
      name !== undefined &&
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)
      ? [name]
      : [];
  });
}

type PodNames = (name: string) => string | undefined;

const same: PodNames = (name) => name;
const prefixed: PodNames = (name) => `${name}-*`;

/** From the object's name, or the prefix of a name that is generated. */
function podNames(object: unknown, named: PodNames): string | undefined {
  const [name, prefix] = [textAt(object, 'metadata', 'name'), textAt(object, 'metadata', 'generateName')];
  return parsePodPattern(name === undefined ? prefix && named(prefix) && `${prefix}*` : named(name));
}

interface TemplateOptions {
  readonly part?: string;
  readonly named?: PodNames;
  readonly unnamed?: string;
}

function templatePods(
  object: unknown,
  at: Path,
  { part, named = prefixed, unnamed }: TemplateOptions = {},
): Pods {
  const spec = valueAt(object, [...at, 'spec']);
  return {
    part,
    annotations: [...at, 'metadata', 'annotations'],
    serviceAccounts: [textAt(spec, 'serviceAccountName') ?? textAt(spec, 'serviceAccount') ?? 'default'],
    containers: containerNames(listAt(spec, 'containers'), unnamed),
    pods: podNames(object, named),
  };
}

function hasMap(object: unknown, path: Path): boolean {
  const map = valueAt(object, path);
  return typeof map === 'object' && map !== null && !Array.isArray(map);
}

/** A pod, or a template of pods, at this path. */
function template(at: Path, lasting: boolean, options: TemplateOptions = {}): Workload {
  return {
    lasting,
    podsOf: (object) => (hasMap(object, [...at, 'spec']) ? [templatePods(object, at, options)] : []),
  };
}

/** Templates of the training operator, one for each role. */
function replicas(specs: string): Workload {
  return {
    lasting: false,
    podsOf: (object) =>
      keysAt(object, ['spec', specs]).flatMap((part) => {
        const at = ['spec', specs, part, 'template'];
        return hasMap(object, [...at, 'spec']) ? [templatePods(object, at, { part })] : [];
      }),
  };
}

/** Annotations of all pods of an Argo workflow; Argo calls the container of a step `main`, except in a container set. */
function workflow(at: Path, named: PodNames, lasting: boolean): Workload {
  return {
    lasting,
    podsOf: (object) => {
      const spec = valueAt(object, at);
      if (!hasMap(object, at)) return [];
      const account = textAt(spec, 'serviceAccountName') ?? 'default';
      const steps = listAt(spec, 'templates').filter((step) =>
        ['container', 'script', 'containerSet', 'resource', 'data', 'http'].some(
          (kind) => memberOf(step, kind) !== undefined,
        ),
      );
      const containers = steps.flatMap((step) =>
        memberOf(step, 'containerSet') === undefined
          ? ['main']
          : containerNames(listAt(step, 'containerSet', 'containers')),
      );
      const accounts = steps.map((step) => textAt(step, 'serviceAccountName') ?? account);
      return [
        {
          part: undefined,
          annotations: [...at, 'podMetadata', 'annotations'],
          serviceAccounts: steps.length === 0 ? [account] : [...new Set(accounts)],
          containers: steps.length === 0 ? ['main'] : [...new Set(containers)],
          pods: podNames(object, named),
        },
      ];
    },
  };
}

/** Its controller copies the notebook's own annotations to the pod, and gives the first container the notebook's name. */
const notebook: Workload = {
  lasting: true,
  podsOf: (object) => {
    const at = ['spec', 'template'];
    if (!hasMap(object, [...at, 'spec'])) return [];
    // Longer names are not those of the pods.
    const pods = templatePods(object, at, { named: (name) => (name.length > 52 ? undefined : `${name}-*`) });
    const name = textAt(object, 'metadata', 'name');
    const [, ...others] = listAt(object, ...at, 'spec', 'containers');
    return [
      {
        ...pods,
        annotations: ['metadata', 'annotations'],
        containers: name === undefined ? pods.containers : containerNames([{ name }, ...others]),
      },
    ];
  },
};

/** Driver and executors. Spark names the executors' pods after the application's own name, which is set in its code. */
function spark(at: Path, driverNamed: PodNames, lasting: boolean): Workload {
  return {
    lasting,
    podsOf: (object) => {
      const driverAccount = textAt(object, ...at, 'driver', 'serviceAccount');
      const roles = [
        {
          part: 'driver',
          account: driverAccount,
          pods: textAt(object, ...at, 'driver', 'podName') ?? podNames(object, driverNamed),
        },
        {
          part: 'executor',
          account: textAt(object, ...at, 'executor', 'serviceAccount') ?? driverAccount,
          pods: undefined,
        },
      ];
      return roles.flatMap(({ part, account = 'default', pods }) =>
        hasMap(object, [...at, part])
          ? [
              {
                part,
                annotations: [...at, part, 'annotations'],
                serviceAccounts: [account],
                containers: [`spark-kubernetes-${part}`],
                pods: parsePodPattern(pods),
              },
            ]
          : [],
      );
    },
  };
}

/** Knative cuts longer names and appends a hash. */
const revision: PodNames = (name) => (name.length < 20 ? `${name}-*` : `${name.slice(0, 20)}*`);
const knative = template(['spec', 'template'], true, { named: revision, unnamed: 'user-container' });
const lasting = template(['spec', 'template'], true);
/** Any pod of the account: workflows from a template have names of their own. */
const unknown: PodNames = () => undefined;

/** By kind, after the API group where it is not one of Kubernetes' own. */
const workloads: ReadonlyMap<string, Workload> = new Map([
  ['Pod', template([], false, { named: same })],
  ['Deployment', lasting],
  ['ReplicaSet', lasting],
  ['StatefulSet', lasting],
  ['DaemonSet', lasting],
  ['ReplicationController', lasting],
  ['Job', template(['spec', 'template'], false)],
  ['CronJob', template(['spec', 'jobTemplate', 'spec', 'template'], true)],
  ['argoproj.io/Workflow', workflow(['spec'], (name) => `${name}*`, false)],
  ['argoproj.io/CronWorkflow', workflow(['spec', 'workflowSpec'], prefixed, true)],
  ['argoproj.io/WorkflowTemplate', workflow(['spec'], unknown, true)],
  ['argoproj.io/ClusterWorkflowTemplate', workflow(['spec'], unknown, true)],
  ['argoproj.io/Rollout', lasting],
  ['kubeflow.org/Notebook', notebook],
  ['kubeflow.org/PyTorchJob', replicas('pytorchReplicaSpecs')],
  ['kubeflow.org/TFJob', replicas('tfReplicaSpecs')],
  ['kubeflow.org/MPIJob', replicas('mpiReplicaSpecs')],
  ['kubeflow.org/XGBoostJob', replicas('xgbReplicaSpecs')],
  ['kubeflow.org/PaddleJob', replicas('paddleReplicaSpecs')],
  ['kubeflow.org/JAXJob', replicas('jaxReplicaSpecs')],
  ['serving.knative.dev/Service', knative],
  ['serving.knative.dev/Configuration', knative],
  ['sparkoperator.k8s.io/SparkApplication', spark(['spec'], (name) => `${name}-driver`, false)],
  ['sparkoperator.k8s.io/ScheduledSparkApplication', spark(['spec', 'template'], prefixed, true)],
]);

const ownGroups: ReadonlySet<string> = new Set(['', 'apps', 'batch', 'extensions']);

export function workloadOf(object: unknown): Workload | undefined {
  const [kind = '', version = ''] = [textAt(object, 'kind'), textAt(object, 'apiVersion')];
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  return workloads.get(ownGroups.has(group) ? kind : `${group}/${kind}`);
}

const owners: ReadonlyMap<string, string> = new Map([
  ['argoproj.io', 'Argo'],
  ['kubeflow.org', 'Kubeflow'],
  ['serving.knative.dev', 'Knative'],
  ['sparkoperator.k8s.io', 'the Spark operator'],
]);

function kindsOf(group: string): readonly string[] {
  return [...workloads.keys()].flatMap((key) => {
    const slash = key.indexOf('/');
    return key.slice(0, Math.max(slash, 0)) === group ? [key.slice(slash + 1)] : [];
  });
}

/** For messages and help. */
export const knownKinds: string = [
  kindsOf('').join(', '),
  ...[...owners].map(([group, owner]) => `${kindsOf(group).join(', ')} of ${owner}`),
].join('; ');

/** `Deployment/web`, of nothing but names: what is not one is a question mark. */
export function titleOf(object: unknown): string {
  const [kind = '', name = ''] = [
    textAt(object, 'kind'),
    textAt(object, 'metadata', 'name') ?? textAt(object, 'metadata', 'generateName')?.replace(/-$/, ''),
  ];
  return `${/^[A-Z][A-Za-z0-9]{0,62}$/.test(kind) ? kind : '?'}/${isSubdomain(name) ? name : '?'}`;
}

/** Whether an object of another kind seems to create pods: somewhere in it are containers with images. */
export function hasContainers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (listAt(value, 'containers').some((container) => textAt(container, 'image') !== undefined)) return true;
  return Object.values(value).some(hasContainers);
}
