/**
 * Authorization by the Roles, ClusterRoles and bindings in the store. Development tool, no zone.
 */

import { listAt, objectAt, stringAt, stringsAt, type ApiObject, type JsonObject } from '../objects/object.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../objects/resource.ts';
import type { Store } from '../store.ts';
import { parseServiceAccountUser, type UserInfo } from './identity.ts';

/** What is asked for: a resource (namespace and name may be empty) or a path. */
export type Attributes =
  | { verb: string; path: string }
  | { verb: string; group: string; resource: string; subresource: string; namespace: string; name: string };

export type Authorizer = { allows(user: UserInfo, attributes: Attributes): boolean };

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function matchesPath(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path,
  );
}

function ruleAllows(rule: JsonObject, asked: Attributes): boolean {
  if (!includes(stringsAt(rule, 'verbs'), asked.verb)) return false;
  if ('path' in asked) return matchesPath(stringsAt(rule, 'nonResourceURLs'), asked.path);
  const full = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const wanted = stringsAt(rule, 'resources');
  const named = stringsAt(rule, 'resourceNames');
  return (
    includes(stringsAt(rule, 'apiGroups'), asked.group) &&
    (includes(wanted, full) || (asked.subresource !== '' && wanted.includes(`*/${asked.subresource}`))) &&
    (named.length === 0 || named.includes(asked.name))
  );
}

function names(user: UserInfo, subject: JsonObject, bindingNamespace: string | undefined): boolean {
  const name = stringAt(subject, 'name');
  if (subject['kind'] === 'User') return name === '*' || name === user.username;
  if (subject['kind'] === 'Group') return name !== undefined && user.groups.includes(name);
  const account = parseServiceAccountUser(user.username);
  const namespace = stringAt(subject, 'namespace') ?? bindingNamespace;
  return subject['kind'] === 'ServiceAccount' && account?.name === name && account?.namespace === namespace;
}

export function createAuthorizer(store: Store): Authorizer {
  function rulesOf(binding: ApiObject): JsonObject[] {
    const reference = objectAt(binding, 'roleRef');
    const name = stringAt(reference, 'name') ?? '';
    const role =
      reference['kind'] === 'Role'
        ? store.get(roles, binding.metadata.namespace, name)
        : store.get(clusterRoles, undefined, name);
    return role === undefined ? [] : listAt(role, 'rules');
  }

  return {
    allows(user, asked) {
      const local =
        'path' in asked || asked.namespace === '' ? [] : store.list(roleBindings, asked.namespace);
      return [...store.list(clusterRoleBindings), ...local].some(
        (binding) =>
          listAt(binding, 'subjects').some((one) => names(user, one, binding.metadata.namespace)) &&
          rulesOf(binding).some((rule) => ruleAllows(rule, asked)),
      );
    },
  };
}
