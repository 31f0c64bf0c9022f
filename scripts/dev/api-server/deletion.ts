/**
 * Deletes objects: at once, or when their finalizers are gone; a namespace takes everything in it along.
 * Development tool, no zone.
 */

import type { ApiObject } from './object.ts';
import { namespaces, resources, type Resource } from './resource.ts';
import type { Store } from './store.ts';

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
