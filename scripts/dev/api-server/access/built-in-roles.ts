/**
 * The roles that the development API server brings along: administrators, developers, kubelets, everybody.
 * Development tool, no zone.
 */

import type { JsonObject } from '../objects/object.ts';

type Rule = {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
};

const write = ['get', 'list', 'create', 'update', 'patch', 'delete'];
const rbac = 'rbac.authorization.k8s.io';

/** The group of people who log in by OIDC. */
export const developers = 'developers';

const rules: Readonly<Record<string, Rule[]>> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  edit: [
    { verbs: write, apiGroups: [''], resources: ['pods', 'secrets', 'configmaps', 'serviceaccounts'] },
    { verbs: ['get'], apiGroups: [''], resources: ['pods/status', 'namespaces'] },
    { verbs: ['get', 'update', 'patch'], apiGroups: [''], resources: ['pods/ephemeralcontainers'] },
    { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] },
    { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'] },
    { verbs: ['list'], apiGroups: [''], resources: ['namespaces'] },
  ],
  'system:node': [
    { verbs: ['get', 'list', 'patch', 'delete'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['get', 'update', 'patch'], apiGroups: [''], resources: ['pods/status'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets', 'configmaps', 'serviceaccounts'] },
    { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] },
  ],
  'system:basic-user': [
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'] },
  ],
  'system:discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version', '/healthz', '/livez', '/readyz'],
    },
  ],
};

function clusterRole(name: string): JsonObject {
  return { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: rules[name] ?? [] };
}

function bindGroup(role: string, group: string): JsonObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `development:${role}:${group}` },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
  };
}

/**
 * Documents to be stored before any others.
 * @param anonymousRole what callers without credentials may do: nothing unless given
 */
export function builtInRoles(anonymousRole: string | undefined): JsonObject[] {
  const everybody = ['system:authenticated', 'system:unauthenticated'];
  return [
    ...Object.keys(rules).map(clusterRole),
    bindGroup('cluster-admin', 'system:masters'),
    bindGroup('edit', developers),
    bindGroup('system:node', 'system:nodes'),
    bindGroup('system:basic-user', 'system:authenticated'),
    ...everybody.map((group) => bindGroup('system:discovery', group)),
    ...(anonymousRole === undefined ? [] : [bindGroup(anonymousRole, 'system:unauthenticated')]),
  ];
}
