/**
 * List answers: selectors, pages. Development tool, no zone.
 */

import { nameOf, type ApiObject } from './object.ts';
import { apiVersionOf, type Resource } from './resource.ts';
import { parseFieldSelector, parseLabelSelector } from './selector.ts';
import { badRequest } from './status.ts';
import type { Store } from './store.ts';

function positionOf(object: ApiObject): string {
  return `${object.metadata.namespace ?? ''}/${nameOf(object)}`;
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? '0';
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`invalid limit: "${text}"`);
  return text === '0' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Items come without kind and apiVersion, as the real server's do; `continue` goes on after the last page. */
export function listObjects(
  store: Store,
  asked: { resource: Resource; namespace?: string; query: URLSearchParams },
): object {
  const { resource, query } = asked;
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const after = Buffer.from(query.get('continue') ?? '', 'base64url').toString();
  const limit = limitOf(query);
  const found = store
    .list(resource, asked.namespace)
    .filter((object) => labels(object.metadata.labels ?? {}) && fields(object))
    .filter((object) => after === '' || positionOf(object) > after);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = found.length > page.length && last !== undefined;
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: store.version(),
      ...(more ? { continue: Buffer.from(positionOf(last)).toString('base64url') } : {}),
    },
    items: page.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
  };
}
