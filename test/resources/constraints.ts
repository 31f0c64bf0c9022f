/** What a namespace of the matrix imposes: a ResourceQuota, a LimitRange, both or neither. */
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DEVICE, PRIORITY } from './shapes.ts';

interface LimitRangeItem {
  readonly type: 'Container' | 'Pod';
  readonly [member: string]: string | Readonly<Record<string, string>>;
}
interface QuotaSpec {
  readonly hard: Readonly<Record<string, string>>;
  readonly scopes?: readonly string[];
  readonly scopeSelector?: object;
}

interface Named<T> {
  readonly name: string;
  readonly spec: T | undefined;
}
export type LimitRange = Named<LimitRangeItem>;
export type Quota = Named<QuotaSpec>;

export const NONE = 'none';

export const ranged = ['cpu', 'memory', 'ephemeral-storage'] as const;
type Ranged = (typeof ranged)[number];

/** Of one resource, each at a size that the larger shapes just fit. */
const perResource: Readonly<Record<string, Readonly<Record<Ranged, string>>>> = {
  min: { cpu: '250m', memory: '256Mi', 'ephemeral-storage': '100Mi' },
  max: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '4Gi' },
  default: { cpu: '600m', memory: '1Gi', 'ephemeral-storage': '1Gi' },
  defaultRequest: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '10Mi' },
  maxLimitRequestRatio: { cpu: '4', memory: '4', 'ephemeral-storage': '4' },
};
export const kinds = Object.keys(perResource);

export function rangeName(kind: string, resource: string): string {
  return `${kind} ${resource}`;
}

export const limitRanges: readonly LimitRange[] = [
  { name: NONE, spec: undefined },
  ...Object.entries(perResource).flatMap(([kind, amounts]) =>
    ranged.map((resource) => ({
      name: rangeName(kind, resource),
      spec: { type: 'Container' as const, [kind]: { [resource]: amounts[resource] } },
    })),
  ),
  {
    name: 'max and ratio',
    spec: { type: 'Container', max: { memory: '8Gi' }, maxLimitRequestRatio: { memory: '4' } },
  },
  {
    name: 'small defaults',
    spec: {
      type: 'Container',
      default: { cpu: '50m', memory: '100Mi' },
      defaultRequest: { cpu: '10m', memory: '32Mi' },
    },
  },
  {
    name: 'defaults too small',
    spec: { type: 'Container', default: { memory: '48Mi' }, defaultRequest: { memory: '16Mi' } },
  },
  { name: 'device', spec: { type: 'Container', min: { [DEVICE]: '1' }, max: { [DEVICE]: '1' } } },
  { name: 'pod: min', spec: { type: 'Pod', min: { cpu: '500m', memory: '1Gi' } } },
  { name: 'pod: max', spec: { type: 'Pod', max: { cpu: '2500m', memory: '4352Mi' } } },
  { name: 'pod: ratio', spec: { type: 'Pod', maxLimitRequestRatio: { cpu: '4', memory: '4' } } },
];

const enough = { cpu: '1000', memory: '1000Gi' };
const none = { pods: '0' };

export const quotas: readonly Quota[] = [
  { name: NONE, spec: undefined },
  { name: 'requests', spec: { hard: { 'requests.cpu': enough.cpu, 'requests.memory': enough.memory } } },
  { name: 'limits', spec: { hard: { 'limits.cpu': enough.cpu, 'limits.memory': enough.memory } } },
  {
    name: 'ephemeral storage',
    spec: { hard: { 'requests.ephemeral-storage': '2Gi', 'limits.ephemeral-storage': '2Gi' } },
  },
  { name: 'one device', spec: { hard: { [`requests.${DEVICE}`]: '1' } } },
  { name: 'no BestEffort', spec: { hard: none, scopes: ['BestEffort'] } },
  { name: 'only BestEffort', spec: { hard: none, scopes: ['NotBestEffort'] } },
  { name: 'no deadline', spec: { hard: none, scopes: ['Terminating'] } },
  { name: 'only with a deadline', spec: { hard: none, scopes: ['NotTerminating'] } },
  {
    name: 'no priority',
    spec: {
      hard: none,
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [PRIORITY] }],
      },
    },
  },
  { name: 'no affinity elsewhere', spec: { hard: none, scopes: ['CrossNamespacePodAffinity'] } },
];

export interface Place {
  readonly namespace: string;
  readonly quota: string;
  readonly limitRange: string;
  readonly documents: readonly KubernetesObject[];
}

function placeOf(quota: Quota, limitRange: LimitRange): Place {
  const namespace = `matrix-${quotas.indexOf(quota)}-${limitRanges.indexOf(limitRange)}`;
  const metadata = { name: 'matrix', namespace };
  return {
    namespace,
    quota: quota.name,
    limitRange: limitRange.name,
    documents: [
      ...(quota.spec ? [{ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: quota.spec }] : []),
      ...(limitRange.spec
        ? [{ apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits: [limitRange.spec] } }]
        : []),
    ],
  };
}

/** Every quota with every LimitRange. */
export const places: readonly Place[] = quotas.flatMap((quota) =>
  limitRanges.map((limitRange) => placeOf(quota, limitRange)),
);

export function keyOf({ quota, limitRange }: Pick<Place, 'quota' | 'limitRange'>): string {
  return `${quota} / ${limitRange}`;
}
