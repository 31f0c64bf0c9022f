/** The objects, in memory, and their garbage collection. Development tool, no zone. */
import { apiVersionOf, type ApiObject, type Resource } from './objects.ts';
import { alreadyExists, conflict, notFound } from './status.ts';

export interface Store {
  get(resource: Resource, namespace: string | undefined, name: string): ApiObject | undefined;
  /** In all namespaces where none is given. */
  list(resource: Resource, namespace: string | undefined): ApiObject[];
  /** Throws 409 AlreadyExists. */
  insert(resource: Resource, object: ApiObject): ApiObject;
  /** Throws 404, or 409 Conflict when the stored version is not `expected`. */
  replace(resource: Resource, object: ApiObject, expected: string | undefined): ApiObject;
  remove(resource: Resource, object: ApiObject): void;
  close(): void;
}

interface Row {
  readonly resource: Resource;
  readonly object: ApiObject;
}

/** Dependents are deleted with a delay, as by a real garbage collector. */
const COLLECT_AFTER_MS = 10;

export function createStore(): Store {
  const rows = new Map<string, Row>();
  const uids = new Set<string | undefined>();
  let version = 0;
  let timer: NodeJS.Timeout | undefined;
  const keyOf = (resource: Resource, namespace: string | undefined, name: string): string =>
    `${apiVersionOf(resource)}/${resource.plural}/${namespace ?? ''}/${name}`;
  const keyFor = (resource: Resource, { metadata }: ApiObject): string =>
    keyOf(resource, metadata.namespace, metadata.name ?? '');

  /** Objects that name owners, none of which exists. */
  const isOrphan = (object: ApiObject): boolean => {
    const owners = object.metadata.ownerReferences ?? [];
    return owners.length > 0 && !owners.some(({ uid }) => uids.has(uid));
  };
  const drop = (resource: Resource, object: ApiObject): void => {
    rows.delete(keyFor(resource, object));
    uids.delete(object.metadata.uid);
    // What it owned goes next.
    later();
  };
  const collect = (): void => {
    timer = undefined;
    const orphans = [...rows.values()].filter(({ object }) => isOrphan(object));
    for (const { resource, object } of orphans) drop(resource, object);
  };
  const later = (): void => {
    timer ??= setTimeout(collect, COLLECT_AFTER_MS).unref();
  };

  const put = (resource: Resource, object: ApiObject): ApiObject => {
    version += 1;
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(version);
    rows.set(keyFor(resource, stored), { resource, object: stored });
    uids.add(stored.metadata.uid);
    if (isOrphan(stored)) later();
    return structuredClone(stored);
  };

  return {
    get: (resource, namespace, name) => structuredClone(rows.get(keyOf(resource, namespace, name))?.object),
    list: (resource, namespace) =>
      [...rows.values()]
        .filter((row) => row.resource === resource)
        .filter(({ object }) => namespace === undefined || object.metadata.namespace === namespace)
        .map(({ object }) => structuredClone(object)),
    insert: (resource, object) => {
      const { name = '' } = object.metadata;
      if (rows.has(keyFor(resource, object))) throw alreadyExists(resource, name);
      return put(resource, object);
    },
    replace: (resource, object, expected) => {
      const { name = '' } = object.metadata;
      const found = rows.get(keyFor(resource, object));
      if (found === undefined) throw notFound(resource, name);
      if (expected !== undefined && found.object.metadata.resourceVersion !== expected)
        throw conflict(resource, name);
      return put(resource, object);
    },
    remove: drop,
    close: () => clearTimeout(timer),
  };
}
