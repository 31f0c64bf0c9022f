/** Objects in their JSON form, the known resources, and readers for optional parts of a document. Development tool, no zone. */
import type { V1ObjectMeta, V1PodSpec } from '@kubernetes/client-node';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';

/** The client's models are classes, with times as dates; JSON gives plain objects with the same members. */
type Plain<T> = T extends Date ? string : T extends object ? { [Member in keyof T]: Plain<T[Member]> } : T;

export type PodSpec = Plain<V1PodSpec>;
export type Container = PodSpec['containers'][number];
export type Volume = NonNullable<PodSpec['volumes']>[number];
type ObjectMeta = Plain<V1ObjectMeta>;
export type ApiObject = JsonObject & {
  readonly apiVersion: string;
  readonly kind: string;
  metadata: ObjectMeta;
};
export type Pod = ApiObject & { spec: PodSpec; status?: JsonObject };

/** The member as an object, or an empty one. */
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

export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function resource(group: string, kind: string, namespaced: boolean): Resource {
  return {
    group,
    kind,
    namespaced,
    plural: `${kind.toLowerCase().replace(/y$/, 'ie')}s`,
  };
}
const ADMISSION = 'admissionregistration.k8s.io';

export const pods = resource('', 'Pod', true);
export const secrets = resource('', 'Secret', true);
export const serviceAccounts = resource('', 'ServiceAccount', true);
export const mutatingWebhooks = resource(ADMISSION, 'MutatingWebhookConfiguration', false);
/** Returned, never stored. */
export const tokenReviews = resource('authentication.k8s.io', 'TokenReview', false);

export const resources: readonly Resource[] = [
  pods,
  secrets,
  serviceAccounts,
  mutatingWebhooks,
  tokenReviews,
  resource('coordination.k8s.io', 'Lease', true),
  resource(ADMISSION, 'ValidatingAdmissionPolicy', false),
  resource(ADMISSION, 'ValidatingAdmissionPolicyBinding', false),
];

export function apiVersionOf({ group }: Resource): string {
  return group === '' ? 'v1' : `${group}/v1`;
}

/** `secrets`, `leases.coordination.k8s.io`: how messages name a resource. */
export function qualified({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}
