/**
 * The objects of the development API server, in memory, with resource versions and change notices.
 * Development tool, no zone.
 */

import { nameOf, type ApiObject } from './objects/object.ts';
import type { Resource } from './objects/resource.ts';
import { alreadyExists, modified, notFound, qualified } from './status.ts';

export type Change = { resource: Resource; object: ApiObject; removed: boolean };

export type Store = {
  get(resource: Resource, namespace: string | undefined, name: string): ApiObject | undefined;
  /** Sorted by namespace and name; all namespaces where none is given. */
  list(resource: Resource, namespace?: string): ApiObject[];
  /** Throws 409 AlreadyExists. */
  insert(resource: Resource, object: ApiObject): ApiObject;
  /** Throws 404, or 409 Conflict when the stored version is not `expected`. */
  replace(resource: Resource, object: ApiObject, expected: string | undefined): ApiObject;
  remove(resource: Resource, object: ApiObject): ApiObject;
  /** The version of the newest change, as lists report it. */
  version(): string;
  /** Called after each change, at once. */
  subscribe(listener: (change: Change) => void): void;
};

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** Objects handed in are copied and frozen: what is stored changes by `replace` alone. */
export function createStore(): Store {
  const tables = new Map<string, Map<string, ApiObject>>();
  const listeners: ((change: Change) => void)[] = [];
  let version = 0;

  function tableOf(resource: Resource): Map<string, ApiObject> {
    const key = qualified(resource);
    const table = tables.get(key) ?? new Map<string, ApiObject>();
    tables.set(key, table);
    return table;
  }

  function notify(change: Change): void {
    for (const listener of listeners) listener(change);
  }

  function put(resource: Resource, object: ApiObject): ApiObject {
    version += 1;
    const copy = structuredClone(object);
    copy.metadata.resourceVersion = String(version);
    const stored = freeze(copy);
    tableOf(resource).set(keyOf(stored.metadata.namespace, nameOf(stored)), stored);
    notify({ resource, object: stored, removed: false });
    return stored;
  }

  function current(resource: Resource, object: ApiObject): ApiObject {
    const found = tableOf(resource).get(keyOf(object.metadata.namespace, nameOf(object)));
    if (found === undefined) throw notFound(resource, nameOf(object));
    return found;
  }

  return {
    get: (resource, namespace, name) => tableOf(resource).get(keyOf(namespace, name)),

    list(resource, namespace) {
      return [...tableOf(resource).entries()]
        .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
        .sort(([a], [b]) => compareText(a, b))
        .map(([, object]) => object);
    },

    insert(resource, object) {
      if (tableOf(resource).has(keyOf(object.metadata.namespace, nameOf(object)))) {
        throw alreadyExists(resource, nameOf(object));
      }
      return put(resource, object);
    },

    replace(resource, object, expected) {
      const found = current(resource, object);
      if (expected !== undefined && found.metadata.resourceVersion !== expected) {
        throw modified(resource, nameOf(object));
      }
      return put(resource, object);
    },

    remove(resource, object) {
      const found = current(resource, object);
      tableOf(resource).delete(keyOf(found.metadata.namespace, nameOf(found)));
      version += 1;
      notify({ resource, object: found, removed: true });
      return found;
    },

    version: () => String(version),
    subscribe: (listener) => void listeners.push(listener),
  };
}
