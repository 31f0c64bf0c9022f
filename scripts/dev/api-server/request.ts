/**
 * Reads an HTTP request line as a Kubernetes API request: verb, resource, namespace, name, options.
 * Development tool, no zone.
 */

import { findResource, type Resource, type Verb } from './objects/resource.ts';
import { badRequest, cause, invalid, methodNotAllowed, unknownPath } from './status.ts';

export type ResourceRequest = {
  verb: Verb;
  resource: Resource;
  subresource?: string;
  namespace?: string;
  name?: string;
  query: URLSearchParams;
};

export type PathRequest = { verb: string; path: string };

export type ApiRequest = ({ at: 'resource' } & ResourceRequest) | ({ at: 'path' } & PathRequest);

const verbs: Readonly<Record<string, Verb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** `/api/v1/…` and `/apis/GROUP/v1/…`: the group's path, or undefined for every other path. */
function splitGroup(segments: string[]): { group: string; version: string; rest: string[] } | undefined {
  if (segments[0] === 'api' && segments.length > 2) {
    return { group: '', version: segments[1] ?? '', rest: segments.slice(2) };
  }
  if (segments[0] === 'apis' && segments.length > 3) {
    return { group: segments[1] ?? '', version: segments[2] ?? '', rest: segments.slice(3) };
  }
  return undefined;
}

function verbOf(method: string, named: boolean): Verb {
  const verb = verbs[method];
  if (verb === undefined) throw methodNotAllowed();
  if (verb === 'get') return named ? 'get' : 'list';
  if (verb === 'create' ? named : !named) throw methodNotAllowed();
  return verb;
}

function checkVerb(request: ResourceRequest): void {
  const allowed =
    request.subresource === undefined
      ? request.resource.verbs
      : request.resource.subresources[request.subresource];
  if (allowed === undefined) throw unknownPath();
  if (!allowed.includes(request.verb)) throw methodNotAllowed();
  if (request.verb === 'list' && ['1', 'true'].includes(request.query.get('watch') ?? '')) {
    throw badRequest('watch is not offered by the development API server: list instead');
  }
}

function decodeSegments(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('the path is not valid percent-encoding');
  }
}

/** Throws 404 for a resource that does not exist here, 405 for a method that it does not offer. */
export function parseRequest(method: string, url: string): ApiRequest {
  const { pathname, searchParams: query } = new URL(url, 'https://localhost');
  const split = splitGroup(decodeSegments(pathname));
  if (split === undefined) return { at: 'path', verb: verbs[method] ?? method.toLowerCase(), path: pathname };
  let { rest } = split;
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1] ?? '';
    rest = rest.slice(2);
  }
  const [plural = '', name, subresource, ...beyond] = rest;
  const resource = findResource(split.group, split.version, plural);
  if (resource === undefined || beyond.length > 0) throw unknownPath();
  if (resource.namespaced ? name !== undefined && namespace === undefined : namespace !== undefined) {
    throw unknownPath();
  }
  const creates = subresource !== undefined && method === 'POST';
  const request: ResourceRequest = {
    verb: creates ? 'create' : verbOf(method, name !== undefined),
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    query,
  };
  checkVerb(request);
  if (request.verb === 'create' && resource.namespaced && namespace === undefined) throw methodNotAllowed();
  return { at: 'resource', ...request };
}

/** Whether nothing may be stored. Throws 422 for any value but `All`. */
export function isDryRun(values: readonly string[], optionsKind: string): boolean {
  if (values.some((value) => value !== 'All')) {
    throw invalid({ group: 'meta.k8s.io', plural: '', kind: optionsKind }, '', [
      cause.notSupported('dryRun', values, ['All']),
    ]);
  }
  return values.length > 0;
}
