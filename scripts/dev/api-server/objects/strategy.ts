/**
 * Per kind: defaults, what is filled in on create and update, and what is refused. Development tool, no zone.
 */

import { cause, type Cause } from '../status.ts';
import { metaCauses } from './object-meta.ts';
import { asPod, objectAt, type ApiObject } from './object.ts';
import { defaultPod } from './pod-defaults.ts';
import { podCauses } from './pod-validation.ts';
import { podUpdateCauses, preparePodForCreate, preparePodForUpdate } from './pod.ts';
import { leases, namespaces, pods, secrets, type Resource } from './resource.ts';
import { defaultSecret, secretCauses, secretUpdateCauses } from './secret.ts';

export type Strategy = {
  /** In place. Runs on what came in and again on what webhooks made of it. */
  defaults(object: ApiObject): void;
  prepareForCreate(object: ApiObject): void;
  prepareForUpdate(next: ApiObject, old: ApiObject, subresource: string | undefined): ApiObject;
  causes(object: ApiObject): Cause[];
  updateCauses(next: ApiObject, old: ApiObject, subresource: string | undefined): Cause[];
};

const plain: Strategy = {
  defaults: () => undefined,
  prepareForCreate: () => undefined,
  prepareForUpdate: (next) => next,
  causes: () => [],
  updateCauses: () => [],
};

function leaseCauses(lease: ApiObject): Cause[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = objectAt(lease, 'spec');
  const causes: Cause[] = [];
  if (typeof duration === 'number' && duration <= 0) {
    causes.push(cause.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (typeof transitions === 'number' && transitions < 0) {
    causes.push(cause.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return causes;
}

const strategies = new Map<Resource, Partial<Strategy>>([
  [
    pods,
    {
      defaults(object) {
        object['spec'] ??= {};
        object['status'] ??= {};
        defaultPod(asPod(object));
      },
      prepareForCreate: (object) => preparePodForCreate(asPod(object)),
      prepareForUpdate: (next, old, subresource) => preparePodForUpdate(asPod(next), asPod(old), subresource),
      causes: (object) => podCauses(asPod(object)),
      updateCauses: (next, old, subresource) => podUpdateCauses(asPod(next), asPod(old), subresource),
    },
  ],
  [secrets, { defaults: defaultSecret, causes: secretCauses, updateCauses: secretUpdateCauses }],
  [
    leases,
    {
      causes: leaseCauses,
      updateCauses: (next) =>
        (next.metadata.resourceVersion ?? '') === ''
          ? [cause.invalid('metadata.resourceVersion', 0, 'must be specified for an update')]
          : [],
    },
  ],
  [
    namespaces,
    {
      defaults(object) {
        const { metadata } = object;
        metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' };
      },
      prepareForCreate(object) {
        object['spec'] = { finalizers: ['kubernetes'] };
        object['status'] = { phase: 'Active' };
      },
    },
  ],
]);

/** Every check includes those on metadata. */
export function strategyOf(resource: Resource): Strategy {
  const own = { ...plain, ...strategies.get(resource) };
  return { ...own, causes: (object) => [...metaCauses(resource, object), ...own.causes(object)] };
}
