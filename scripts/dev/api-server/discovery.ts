/**
 * Paths beside the resources: health, version, and what a client needs to find the resources.
 * Development tool, no zone.
 */

import { apiVersionOf, resources } from './objects/resource.ts';

function resourceList(groupVersion: string): object | undefined {
  const listed = resources.filter((resource) => apiVersionOf(resource) === groupVersion);
  if (listed.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: listed.flatMap(({ plural, kind, namespaced, verbs, subresources }) => [
      { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs },
      ...Object.entries(subresources).map(([name, allowed]) => ({
        name: `${plural}/${name}`,
        singularName: '',
        namespaced,
        kind: name === 'token' ? 'TokenRequest' : kind,
        verbs: allowed,
      })),
    ]),
  };
}

function groupList(): object {
  const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((name) => {
      const version = { groupVersion: `${name}/v1`, version: 'v1' };
      return { name, versions: [version], preferredVersion: version };
    }),
  };
}

/** The answer for a path, text for health checks; undefined where there is none. */
export function discover(path: string): object | string | undefined {
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok';
  if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.4+twofold-development' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return groupList();
  return resourceList(path.replace(/^\/apis?\//, ''));
}
