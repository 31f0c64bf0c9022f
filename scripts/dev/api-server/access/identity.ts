/**
 * Who a request comes from, as reviews and bindings name it. Development tool, no zone.
 */

export type UserInfo = {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
};

export const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

const serviceAccountPrefix = 'system:serviceaccount:';

export function serviceAccountUser(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

export function parseServiceAccountUser(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, name, ...more] = username.slice(serviceAccountPrefix.length).split(':');
  if (namespace === undefined || name === undefined || more.length > 0) return undefined;
  return { namespace, name };
}

/** The groups that come with a username by itself. */
export function impliedGroups(username: string): string[] {
  if (username === anonymous.username) return [...anonymous.groups];
  const account = parseServiceAccountUser(username);
  return account === undefined
    ? ['system:authenticated']
    : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'];
}
