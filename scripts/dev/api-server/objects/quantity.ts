/**
 * Kubernetes quantities as numbers, and a pod's quality of service class from them. Development tool, no zone.
 */

import type { PodSpec } from './object.ts';

type Resources = NonNullable<PodSpec['resources']>;

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `64Mi`, `100m`, `1e3`. Precise enough to compare; decoding has checked the text. */
export function quantityOf(text: string): number {
  const match = /^([+-]?[\d.]+)([eE][+-]?\d+)?([A-Za-z]*)$/.exec(text);
  if (match === null) return Number.NaN;
  return Number(`${match[1] ?? ''}${match[2] ?? ''}`) * (suffixes[match[3] ?? ''] ?? Number.NaN);
}

const counted = ['cpu', 'memory'] as const;

function isGuaranteed({ requests = {}, limits = {} }: Resources): boolean {
  return counted.every((name) => {
    const [request, limit] = [requests[name], limits[name]];
    return request !== undefined && limit !== undefined && quantityOf(request) === quantityOf(limit);
  });
}

function isEmpty({ requests = {}, limits = {} }: Resources): boolean {
  return counted.every((name) => requests[name] === undefined && limits[name] === undefined);
}

export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all =
    spec.resources !== undefined && !isEmpty(spec.resources)
      ? [spec.resources]
      : [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.resources ?? {});
  if (all.every(isEmpty)) return 'BestEffort';
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}
