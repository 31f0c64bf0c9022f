/**
 * How objects go: at once, or when their finalizers are gone; a namespace takes everything in it along, an owner
 * what it owns. Development tool, no zone.
 */

import { nameOf, type ApiObject, type OwnerReference } from './objects/object.ts';
import { namespaces, resourceOfKind, resources, type Resource } from './objects/resource.ts';
import { qualified } from './status.ts';
import type { Change, Store } from './store.ts';

type Dependent = { resource: Resource; namespace: string | undefined; name: string };

/** Pods go at once: nothing here runs them, so there is no grace period to wait for. */
export function deleteObject(store: Store, resource: Resource, object: ApiObject, now: Date): ApiObject {
  if ((object.metadata.finalizers ?? []).length > 0) {
    if (object.metadata.deletionTimestamp !== undefined) return object;
    const marked = structuredClone(object);
    marked.metadata.deletionTimestamp = now.toISOString().replace(/\.\d+/, '');
    marked.metadata.deletionGracePeriodSeconds = 0;
    return store.replace(resource, marked, undefined);
  }
  const removed = store.remove(resource, object);
  if (resource === namespaces) {
    for (const inside of resources.filter((one) => one.namespaced)) {
      for (const one of store.list(inside, removed.metadata.name)) deleteObject(store, inside, one, now);
    }
  }
  return removed;
}

/** An update may have taken the last finalizer of an object that waits for it. */
export function removeIfFinalized(store: Store, resource: Resource, object: ApiObject): void {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined && finalizers.length === 0) store.remove(resource, object);
}

/**
 * Collects in the background, by ownerReferences: an object goes when none of its owners is left. Owners of kinds
 * that this server does not store (a ReplicaSet) count as present. `stop` ends it.
 */
export function collectGarbage(
  store: Store,
  options: { delayMs: number; now: () => Date },
): { stop: () => void } {
  const dependents = new Map<string, Map<string, Dependent>>();
  const suspects = new Map<string, Dependent>();
  let timer: NodeJS.Timeout | undefined;

  function suspect(dependent: Dependent): void {
    suspects.set(
      `${qualified(dependent.resource)}/${dependent.namespace ?? ''}/${dependent.name}`,
      dependent,
    );
    timer ??= setTimeout(sweep, options.delayMs).unref();
  }

  function isPresent(owner: OwnerReference, namespace: string | undefined): boolean {
    const resource = resourceOfKind(owner.apiVersion, owner.kind);
    if (resource === undefined) return true;
    const found = store.get(resource, resource.namespaced ? namespace : undefined, owner.name);
    return found?.metadata.uid === owner.uid;
  }

  function collect({ resource, namespace, name }: Dependent): void {
    const object = store.get(resource, namespace, name);
    const owners = object?.metadata.ownerReferences ?? [];
    if (object === undefined || owners.length === 0) return;
    const left = owners.filter((owner) => isPresent(owner, namespace));
    if (left.length === 0) deleteObject(store, resource, object, options.now());
    else if (left.length < owners.length) {
      store.replace(
        resource,
        { ...object, metadata: { ...object.metadata, ownerReferences: left } },
        undefined,
      );
    }
  }

  function sweep(): void {
    timer = undefined;
    const round = [...suspects.values()];
    suspects.clear();
    for (const one of round) collect(one);
  }

  function track(resource: Resource, object: ApiObject): void {
    const dependent = { resource, namespace: object.metadata.namespace, name: nameOf(object) };
    const key = `${qualified(resource)}/${object.metadata.uid ?? ''}`;
    for (const owner of object.metadata.ownerReferences ?? []) {
      const known = dependents.get(owner.uid) ?? new Map<string, Dependent>();
      dependents.set(owner.uid, known.set(key, dependent));
      if (!isPresent(owner, object.metadata.namespace)) suspect(dependent);
    }
  }

  function untrack(resource: Resource, object: ApiObject): void {
    const key = `${qualified(resource)}/${object.metadata.uid ?? ''}`;
    for (const owner of object.metadata.ownerReferences ?? []) dependents.get(owner.uid)?.delete(key);
    const uid = object.metadata.uid ?? '';
    for (const dependent of dependents.get(uid)?.values() ?? []) suspect(dependent);
    dependents.delete(uid);
  }

  store.subscribe(({ resource, object, removed }: Change) => {
    if (removed) untrack(resource, object);
    else track(resource, object);
  });
  return { stop: () => clearTimeout(timer) };
}
