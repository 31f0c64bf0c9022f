/**
 * The admission chain: built-in plugins, mutating webhooks, built-in plugins again; then, on what is to be stored,
 * the ValidatingAdmissionPolicies. Development tool, no zone.
 */

import { createAdmissionPolicies, type AdmissionPolicies } from '../../admission-policy/policy.ts';
import { asPod, type ApiObject } from '../objects/object.ts';
import {
  admissionPolicies,
  admissionPolicyBindings,
  namespaces,
  pods,
  type Resource,
} from '../objects/resource.ts';
import type { Implicit } from '../objects/service-account.ts';
import { strategyOf } from '../objects/strategy.ts';
import { failure, qualified } from '../status.ts';
import type { Store } from '../store.ts';
import { admissionRequest, type Attempt } from './admission-request.ts';
import type { MutatingWebhooks } from './mutating-webhook.ts';
import { admitPod, checkMountableSecrets } from './pod-admission.ts';

export type Admission = {
  /** The object to be stored. Throws a webhook's refusal or failure. */
  mutate(attempt: Attempt, warnings: string[]): Promise<ApiObject>;
  /** Throws the refusal of a plugin or policy. */
  validate(attempt: Attempt, warnings: string[]): void;
};

/** Webhooks and policies cannot stand in the way of changing themselves. */
const exemptGroup = 'admissionregistration.k8s.io';

/** What policies read: their own kinds, namespace labels. */
const policyInputs: readonly Resource[] = [admissionPolicies, admissionPolicyBindings, namespaces];

export function createAdmission(ports: {
  store: Store;
  implicit: Implicit;
  webhooks: MutatingWebhooks;
}): Admission {
  const { store, implicit } = ports;
  let policies: AdmissionPolicies | undefined;
  store.subscribe(({ resource }) => {
    if (policyInputs.includes(resource)) policies = undefined;
  });

  function currentPolicies(): AdmissionPolicies {
    policies ??= createAdmissionPolicies(policyInputs.flatMap((resource) => store.list(resource)));
    return policies;
  }

  function isNewPod({ resource, subresource, operation }: Attempt): boolean {
    return resource === pods && subresource === undefined && operation === 'CREATE';
  }

  return {
    async mutate(attempt, warnings) {
      const object = attempt.object;
      if (attempt.resource.group === exemptGroup) return object;
      if (isNewPod(attempt)) admitPod(asPod(object), implicit);
      const mutated = await ports.webhooks.mutate({ ...attempt, object }, warnings);
      if (mutated === object) return object;
      strategyOf(attempt.resource).defaults(mutated);
      if (isNewPod(attempt)) admitPod(asPod(mutated), implicit);
      return mutated;
    },

    validate(attempt, warnings) {
      if (isNewPod(attempt)) checkMountableSecrets(asPod(attempt.object), implicit);
      if (attempt.resource.group === exemptGroup) return;
      const verdict = currentPolicies().review(admissionRequest(attempt));
      warnings.push(...verdict.warnings);
      const [first] = verdict.denied;
      if (first === undefined) return;
      const { resource, name } = attempt;
      const text = `ValidatingAdmissionPolicy '${first.policy}' with binding '${first.policy}' denied request: ${first.message}`;
      // The real server's oddity: "is forbidden" with the reason Invalid and 422, unless a policy says otherwise.
      const object = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
      throw failure(422, 'Invalid', `${object} is forbidden: ${text}`, {
        ...(name === '' ? {} : { name }),
        ...(resource.group === '' ? {} : { group: resource.group }),
        kind: resource.plural,
        causes: verdict.denied.map(({ message }) => ({ message })),
      });
    },
  };
}
