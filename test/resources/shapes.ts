/** The pods of the matrix: what they say of resources, and where. */

interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources: Resources;
  readonly restartPolicy?: 'Always';
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly resources?: Resources;
  readonly [field: string]: unknown;
}

export interface Shape {
  readonly name: string;
  readonly spec: PodSpec;
}

/** A device of the matrix's own: nothing here looks for one on a node. */
export const DEVICE = 'example.com/device';
export const PRIORITY = 'matrix';

function container(name: string, resources: Resources = {}): Container {
  return { name, image: 'example/app:1.0', resources };
}
/** A native sidecar. */
function sidecar(name: string, resources: Resources): Container {
  return { ...container(name, resources), restartPolicy: 'Always' };
}
function main(resources: Resources, spec: Omit<PodSpec, 'containers'> = {}): PodSpec {
  return { containers: [container('main', resources)], ...spec };
}
function same(cpu: string, memory: string): Resources {
  return { requests: { cpu, memory }, limits: { cpu, memory } };
}

const requests = { cpu: '500m', memory: '1Gi' };
const both = { requests, limits: { cpu: '2', memory: '2Gi' } };
const small = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } };
const storage = { 'ephemeral-storage': '1Gi' };

const elsewhere = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        labelSelector: { matchLabels: { app: 'database' } },
        namespaces: ['default'],
        topologyKey: 'kubernetes.io/hostname',
      },
    ],
  },
};

export const shapes: readonly Shape[] = [
  { name: 'nothing', spec: main({}) },
  { name: 'requests', spec: main({ requests }) },
  { name: 'a request for memory', spec: main({ requests: { memory: '1Gi' } }) },
  { name: 'a request for CPU', spec: main({ requests: { cpu: '500m' } }) },
  { name: 'limits (Guaranteed)', spec: main({ limits: { cpu: '1', memory: '1Gi' } }) },
  { name: 'a limit of memory', spec: main({ limits: { memory: '1Gi' } }) },
  { name: 'requests and limits', spec: main(both) },
  { name: 'Guaranteed', spec: main(same('1', '1Gi')) },
  { name: 'requests, and a limit of memory', spec: main({ requests, limits: { memory: '4Gi' } }) },
  {
    name: 'a Job with a deadline, a priority and affinity to another namespace',
    spec: main(both, { activeDeadlineSeconds: 600, priorityClassName: PRIORITY, affinity: elsewhere }),
  },
  {
    name: 'a second container with less',
    spec: { containers: [container('main', both), container('proxy', small)] },
  },
  {
    name: 'a second container that stands first, with a request',
    spec: {
      containers: [container('proxy', { requests: { cpu: '10m', memory: '40Mi' } }), container('main', both)],
    },
  },
  {
    name: 'nothing, and a second container with requests and limits',
    spec: { containers: [container('main'), container('proxy', small)] },
  },
  {
    name: 'Guaranteed, two containers',
    spec: { containers: [container('main', same('2', '4Gi')), container('proxy', same('500m', '256Mi'))] },
  },
  {
    name: 'too small a limit, and a second container with nothing',
    spec: { containers: [container('main', { limits: { memory: '32Mi' } }), container('proxy')] },
  },
  {
    name: 'an init container with more',
    spec: main(both, { initContainers: [container('clone', same('4', '4Gi'))] }),
  },
  {
    name: 'nothing, and an init container with limits',
    spec: main({}, { initContainers: [container('clone', same('1', '1Gi'))] }),
  },
  {
    name: 'a native sidecar',
    spec: main(both, { initContainers: [sidecar('proxy', small)] }),
  },
  {
    name: 'Guaranteed, native sidecars and an init container between them',
    spec: main(same('1', '1Gi'), {
      initContainers: [
        sidecar('proxy', same('500m', '256Mi')),
        container('clone', same('2', '2Gi')),
        sidecar('log', same('100m', '128Mi')),
      ],
    }),
  },
  { name: 'pod level', spec: main({}, { resources: both }) },
  { name: 'pod level, limits', spec: main({ requests }, { resources: { limits: both.limits } }) },
  { name: 'pod level, Guaranteed', spec: main({}, { resources: same('2', '2Gi') }) },
  {
    name: 'pod level, and two of three containers',
    spec: {
      containers: [container('main', both), container('proxy', small), container('log')],
      resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '4', memory: '4Gi' } },
    },
  },
  {
    name: 'pod level, too small a limit of one container, and a second container with nothing',
    spec: {
      containers: [container('main', { limits: { memory: '32Mi' } }), container('proxy')],
      resources: both,
    },
  },
  {
    name: 'pod level, and a native sidecar',
    spec: main({}, { resources: same('2', '2Gi'), initContainers: [sidecar('proxy', small)] }),
  },
  { name: 'a device', spec: main({ ...both, limits: { ...both.limits, [DEVICE]: '1' } }) },
  { name: 'a device and nothing else', spec: main({ limits: { [DEVICE]: '1' } }) },
  {
    name: 'ephemeral storage',
    spec: main({
      requests: { ...requests, ...storage },
      limits: { ...both.limits, 'ephemeral-storage': '2Gi' },
    }),
  },
  { name: 'ephemeral storage and nothing else', spec: main({ limits: storage }) },
  {
    name: 'huge pages',
    spec: main({ ...both, limits: { ...both.limits, 'hugepages-2Mi': '64Mi' } }),
  },
  { name: 'too small a limit', spec: main({ limits: { memory: '32Mi' } }) },
  { name: 'pod level, too small a limit', spec: main({}, { resources: same('500m', '32Mi') }) },
];
