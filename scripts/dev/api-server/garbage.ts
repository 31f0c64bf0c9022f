/**
 * Garbage collection by ownerReferences, in the background: an object goes when none of its owners is left.
 * Owners of kinds that this server does not store (a ReplicaSet) count as present. Development tool, no zone.
 */

import { deleteObject } from './deletion.ts';
import { nameOf, type ApiObject, type OwnerReference } from './object.ts';
import { resourceOfKind, type Resource } from './resource.ts';
import { qualified } from './status.ts';
import type { Change, Store } from './store.ts';

type Dependent = { resource: Resource; namespace: string | undefined; name: string };

/** Starts collecting; `stop` ends it. */
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
