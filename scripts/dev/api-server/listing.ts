/**
 * List answers: selectors, pages. Development tool, no zone.
 */

import { isJsonObject, nameOf, type ApiObject } from './objects/object.ts';
import { apiVersionOf, type Resource } from './objects/resource.ts';
import { badRequest, expired } from './status.ts';
import type { Store } from './store.ts';

type Labels = Readonly<Record<string, string>>;
type LabelMatch = (labels: Labels) => boolean;

const key = /^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$/;

function unparsable(text: string): Error {
  return badRequest(`unable to parse requirement: found '${text}', expected: identifier or an operator`);
}

function checked(text: string): string {
  if (!key.test(text)) throw unparsable(text);
  return text;
}

function parseSet(text: string): LabelMatch | undefined {
  const match = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (match === null) return undefined;
  const label = checked(match[1] ?? '');
  const values = (match[3] ?? '').split(',').map((value) => value.trim());
  return match[2] === 'in'
    ? (labels) => label in labels && values.includes(labels[label] ?? '')
    : (labels) => !(label in labels) || !values.includes(labels[label] ?? '');
}

function parseRequirement(text: string): LabelMatch {
  const set = parseSet(text);
  if (set !== undefined) return set;
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const label = checked(equality[1] ?? '');
    const value = equality[3] ?? '';
    return equality[2] === '!='
      ? (labels) => labels[label] !== value
      : (labels) => label in labels && labels[label] === value;
  }
  if (text.startsWith('!')) {
    const label = checked(text.slice(1).trim());
    return (labels) => !(label in labels);
  }
  const label = checked(text);
  return (labels) => label in labels;
}

/** `a=b,c!=d,e in (f,g),h,!i`. Throws 400 when it cannot be read. */
function parseLabelSelector(text: string): LabelMatch {
  if (text.trim() === '') return () => true;
  // A comma inside parentheses separates values, not requirements.
  const requirements = text.split(/,(?![^(]*\))/).map((one) => parseRequirement(one.trim()));
  return (labels) => requirements.every((matches) => matches(labels));
}

/** `metadata.name=x,spec.nodeName!=y`: compares the text at a path. */
function parseFieldSelector(text: string): (object: ApiObject) => boolean {
  const terms = text.split(',').filter((term) => term !== '');
  const checks = terms.map((term) => {
    const match = /^([A-Za-z.]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const path = (match[1] ?? '').split('.');
    return (object: ApiObject) => {
      let value: unknown = object;
      for (const member of path) value = isJsonObject(value) ? value[member] : undefined;
      return ((value ?? '') === (match[3] ?? '')) === (match[2] !== '!=');
    };
  });
  return (object) => checks.every((check) => check(object));
}

/** How long the real server remembers where a list stands: etcd's compaction. */
const placeForMs = 5 * 60 * 1000;

type Place = { after: string; at: number };

function encodePlace(place: Place): string {
  return Buffer.from(JSON.stringify([place.after, place.at])).toString('base64url');
}

/** Throws 400 for a token that is not ours, and 410 for one that is too old. */
function decodePlace(token: string, nowMs: number): string {
  if (token === '') return '';
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('continue key is not valid');
  }
  const [after, at] = Array.isArray(place) ? (place as unknown[]) : [];
  if (typeof after !== 'string' || typeof at !== 'number') throw badRequest('continue key is not valid');
  if (nowMs - at <= placeForMs) return after;
  throw expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.',
  );
}

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
  now: () => Date,
): object {
  const { resource, query } = asked;
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const after = decodePlace(query.get('continue') ?? '', now().getTime());
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
      ...(more ? { continue: encodePlace({ after: positionOf(last), at: now().getTime() }) } : {}),
    },
    items: page.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
  };
}
