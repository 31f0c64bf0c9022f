/**
 * The shape of every object that the development API server stores, as JSON has it: times are text.
 * Development tool, no zone.
 */

import type { V1ObjectMeta, V1PodSpec } from '@kubernetes/client-node';

export type JsonObject = Record<string, unknown>;

/** The client's models are classes; JSON makes plain objects of the same members. */
type Plain<T> = T extends object ? { [Member in keyof T]: Plain<T[Member]> } : T;

export type PodSpec = Plain<V1PodSpec>;
export type Container = PodSpec['containers'][number];
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type Toleration = NonNullable<PodSpec['tolerations']>[number];
export type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

export type ObjectMeta = Pick<
  Plain<V1ObjectMeta>,
  | 'name'
  | 'generateName'
  | 'namespace'
  | 'labels'
  | 'annotations'
  | 'ownerReferences'
  | 'finalizers'
  | 'uid'
  | 'resourceVersion'
  | 'generation'
  | 'deletionGracePeriodSeconds'
> & { creationTimestamp?: string; deletionTimestamp?: string };

export type ApiObject = JsonObject & { apiVersion: string; kind: string; metadata: ObjectMeta };

export type Pod = ApiObject & { spec: PodSpec; status?: JsonObject };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member as an object, or an empty one: for reading optional parts of a document. */
export function objectAt(value: JsonObject, member: string): JsonObject {
  const found = value[member];
  return isJsonObject(found) ? found : {};
}

export function stringAt(value: JsonObject, member: string): string | undefined {
  const found = value[member];
  return typeof found === 'string' ? found : undefined;
}

export function listAt(value: JsonObject, member: string): JsonObject[] {
  const found = value[member];
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

export function stringsAt(value: JsonObject, member: string): string[] {
  const found = value[member];
  return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
}

/** The object as a pod. Only after `decode` has checked its shape, or for a stored object of kind Pod. */
export function asPod(object: ApiObject): Pod {
  // The shape of pods has been checked when the body was decoded.
  return object as Pod;
}

export function nameOf(object: ApiObject): string {
  return object.metadata.name ?? '';
}
