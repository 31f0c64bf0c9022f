/**
 * The guard (design, section 8) as it stands in base/guard, with an operator's values: for tests of it and of whatever
 * must pass it (the webhook's renderings), and for the development API server. No zone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createAdmissionPolicies,
  type AdmissionPolicies,
  type AdmissionRequest,
  type KubernetesObject,
} from '../scripts/dev/admission-policy.ts';
import { parseManifests } from './kustomize.ts';

/** The ConfigMap twofold-guard's data. */
export interface GuardParameters {
  readonly image: string;
  readonly claimUrl: string;
  readonly webhookUser: string;
  readonly launchers: string;
}

const guardFolder = fileURLToPath(new URL('base/guard/', import.meta.url));

/** The guard's policies and bindings, and its ConfigMap with these values. */
export function guardDocuments(parameters: Partial<GuardParameters>): KubernetesObject[] {
  const documents = readdirSync(guardFolder).flatMap((file) =>
    parseManifests(readFileSync(guardFolder + file, 'utf8')),
  );
  return documents.map((document) => {
    if (document.kind !== 'ConfigMap') return document;
    // base/guard/parameters.yaml has data; the schema tests see to it.
    const { data } = document as { data: GuardParameters };
    return { ...document, data: { ...data, ...parameters } };
  });
}

export function createGuard(parameters: Partial<GuardParameters>): AdmissionPolicies {
  return createAdmissionPolicies(guardDocuments(parameters));
}

/** The API server's question about creating this pod, to ask the guard: `guard.review(podCreation(pod)).denied` is empty. */
export function podCreation(
  pod: KubernetesObject,
  { username = 'alice', namespace = 'sessions' }: { username?: string; namespace?: string } = {},
): AdmissionRequest {
  return {
    operation: 'CREATE',
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace,
    name: pod.metadata?.name ?? '',
    userInfo: { username, groups: ['system:authenticated'] },
    object: pod,
  };
}
