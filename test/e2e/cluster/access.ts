/**
 * What an account may do, asked of the API server for every resource and verb it knows, one SubjectAccessReview
 * each: not what roles say, but what the authorizers answer.
 */
import type { Api } from '../../../scripts/dev/api.ts';

export interface Resource {
  readonly group: string;
  /** `pods`, `pods/exec`. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

interface Place {
  /** Absent: in all of them, or the resource has none. */
  readonly namespace?: string | undefined;
  /** The object's name; absent: any. */
  readonly name?: string | undefined;
}

const RBAC = 'rbac.authorization.k8s.io';

/** Verbs that no discovery names. */
function specialVerbs(group: string, resource: string): readonly string[] {
  if (group === RBAC && /^(cluster)?roles$/.test(resource)) return ['bind', 'escalate'];
  return group === '' && resource === 'serviceaccounts' ? ['impersonate'] : [];
}

/** Of every group in its preferred version, with subresources, and those that are not objects: users, groups, everything. */
export async function discoverResources(api: Api): Promise<readonly Resource[]> {
  const { groups } = await api.must<{
    groups: { name: string; preferredVersion: { groupVersion: string } }[];
  }>({
    method: 'GET',
    path: '/apis',
  });
  const versions = groups.map(
    ({ name, preferredVersion }) => [name, `/apis/${preferredVersion.groupVersion}`] as const,
  );
  const lists = await Promise.all(
    [['', '/api/v1'] as const, ...versions].map(async ([group, path]) => {
      const { resources } = await api.must<{
        resources: { name: string; namespaced: boolean; verbs: string[] }[];
      }>({ method: 'GET', path });
      return resources.map(({ name, namespaced, verbs }) => ({
        group,
        resource: name,
        namespaced,
        verbs: [...verbs, ...specialVerbs(group, name)],
      }));
    }),
  );
  const virtual = ['users', 'groups'].map((resource) => ({
    group: '',
    resource,
    namespaced: false,
    verbs: ['impersonate'],
  }));
  return [...lists.flat(), ...virtual, { group: '*', resource: '*', namespaced: true, verbs: ['*'] }];
}

function fullName(group: string, resource: string): string {
  return group === '' ? resource : `${group}/${resource}`;
}

function groupsOf({ namespace }: Account): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
function usernameOf({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export async function mayDo(
  api: Api,
  account: Account,
  verb: string,
  { group, resource: name }: Pick<Resource, 'group' | 'resource'>,
  place: Place = {},
): Promise<boolean> {
  const [resource, subresource] = name.split('/');
  const { status } = await api.must<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: usernameOf(account),
        groups: groupsOf(account),
        resourceAttributes: { group, resource, subresource, verb, ...place },
      },
    },
  });
  return status.allowed;
}

const AT_ONCE = 16;

/** Every right over these resources, as `verb group/resource`, sorted; over namespaced ones, in this namespace. */
export async function rightsOf(
  api: Api,
  account: Account,
  resources: readonly Resource[],
  namespace?: string,
): Promise<readonly string[]> {
  const questions = resources.flatMap((resource) => resource.verbs.map((verb) => ({ resource, verb })));
  const allowed: string[] = [];
  const ask = async (): Promise<void> => {
    for (let next = questions.pop(); next; next = questions.pop()) {
      const { resource, verb } = next;
      if (await mayDo(api, account, verb, resource, { namespace }))
        allowed.push(`${verb} ${fullName(resource.group, resource.resource)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return allowed.sort();
}

interface Rules {
  readonly status: {
    readonly resourceRules: readonly {
      readonly verbs: readonly string[];
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly resourceNames?: readonly string[];
    }[];
    readonly nonResourceRules: readonly {
      readonly verbs: readonly string[];
      readonly nonResourceURLs?: readonly string[];
    }[];
  };
}

/**
 * The same in one review, as the account itself gets it: with the names that a right is limited to, and with URLs
 * that are not resources.
 */
export async function rulesOf(api: Api, account: Account, namespace: string): Promise<readonly string[]> {
  const { status } = await api.must<Rules>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    as: usernameOf(account),
    groups: groupsOf(account),
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    },
  });
  const resources = status.resourceRules.flatMap(
    ({ verbs, apiGroups, resources: names, resourceNames = [] }) =>
      apiGroups.flatMap((group) =>
        names.flatMap((name) =>
          verbs.map((verb) => [verb, fullName(group, name), ...resourceNames].join(' ')),
        ),
      ),
  );
  const urls = status.nonResourceRules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    verbs.flatMap((verb) => nonResourceURLs.map((url) => `${verb} ${url}`)),
  );
  return [...new Set([...resources, ...urls])].sort();
}
