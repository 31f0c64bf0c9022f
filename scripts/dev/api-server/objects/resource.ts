/**
 * The resources that the development API server answers: their names, verbs, subresources and shapes.
 * Development tool, no zone.
 */

import type { Shape } from './decode.ts';
import { shapes } from './shapes.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';

export type Resource = {
  group: string;
  version: 'v1';
  plural: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly Verb[];
  subresources: Readonly<Record<string, readonly Verb[]>>;
  shape: Shape;
};

const stored: readonly Verb[] = ['get', 'list', 'create', 'update', 'patch', 'delete'];
const changed: readonly Verb[] = ['get', 'update', 'patch'];

function core(plural: string, kind: string, shape: Shape): Resource {
  return { group: '', version: 'v1', plural, kind, namespaced: true, verbs: stored, subresources: {}, shape };
}

function inGroup(group: string, plural: string, kind: string, options: Partial<Resource> = {}): Resource {
  return { ...core(plural, kind, shapes.open), group, namespaced: false, ...options };
}

const admission = 'admissionregistration.k8s.io';
const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';
const rbac = 'rbac.authorization.k8s.io';
const asked: Partial<Resource> = { verbs: ['create'] };

export const namespaces: Resource = { ...core('namespaces', 'Namespace', shapes.open), namespaced: false };
export const pods: Resource = {
  ...core('pods', 'Pod', shapes.pod),
  subresources: { status: changed, ephemeralcontainers: changed },
};
export const secrets = core('secrets', 'Secret', shapes.secret);
const configMaps = core('configmaps', 'ConfigMap', shapes.configMap);
export const serviceAccounts: Resource = {
  ...core('serviceaccounts', 'ServiceAccount', shapes.serviceAccount),
  subresources: { token: ['create'] },
};
export const leases = inGroup('coordination.k8s.io', 'leases', 'Lease', {
  namespaced: true,
  shape: shapes.lease,
});
export const mutatingWebhooks = inGroup(
  admission,
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
);
export const admissionPolicies = inGroup(
  admission,
  'validatingadmissionpolicies',
  'ValidatingAdmissionPolicy',
);
export const admissionPolicyBindings = inGroup(
  admission,
  'validatingadmissionpolicybindings',
  'ValidatingAdmissionPolicyBinding',
);
export const roles = inGroup(rbac, 'roles', 'Role', { namespaced: true });
export const roleBindings = inGroup(rbac, 'rolebindings', 'RoleBinding', { namespaced: true });
export const clusterRoles = inGroup(rbac, 'clusterroles', 'ClusterRole');
export const clusterRoleBindings = inGroup(rbac, 'clusterrolebindings', 'ClusterRoleBinding');
/** Answered, never stored. */
export const tokenReviews = inGroup(authentication, 'tokenreviews', 'TokenReview', {
  ...asked,
  shape: shapes.tokenReview,
});
export const accessReviews = inGroup(authorization, 'subjectaccessreviews', 'SubjectAccessReview', asked);
export const selfAccessReviews = inGroup(
  authorization,
  'selfsubjectaccessreviews',
  'SelfSubjectAccessReview',
  asked,
);

export const resources: readonly Resource[] = [
  namespaces,
  pods,
  secrets,
  configMaps,
  serviceAccounts,
  leases,
  mutatingWebhooks,
  admissionPolicies,
  admissionPolicyBindings,
  roles,
  roleBindings,
  clusterRoles,
  clusterRoleBindings,
  tokenReviews,
  accessReviews,
  selfAccessReviews,
];

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find((one) => one.group === group && one.version === version && one.plural === plural);
}

/** The resource that stores objects of this kind, or undefined where this server has none. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
}
