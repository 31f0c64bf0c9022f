/**
 * Names, labels, annotations and system fields of objects: filled in and checked as the real API server does.
 * Development tool, no zone.
 */

import { randomInt, randomUUID } from 'node:crypto';

import { badRequest, cause, conflict, modified, type Cause } from '../status.ts';
import { nameOf, type ApiObject, type ObjectMeta } from './object.ts';
import { namespaces, type Resource } from './resource.ts';

const maxNameLength = 63;
const suffixLength = 5;
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const maxAnnotationBytes = 256 * 1024;

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const labelHelp =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainHelp =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedHelp =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueHelp =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export function isDnsLabel(text: string): boolean {
  return text.length <= maxNameLength && label.test(text);
}

export function dnsLabelCause(field: string, value: string): Cause {
  if (value.length > maxNameLength) return cause.invalid(field, value, 'must be no more than 63 characters');
  return cause.invalid(field, value, labelHelp);
}

export function randomSuffix(): string {
  return Array.from({ length: suffixLength }, () => suffixAlphabet[randomInt(suffixAlphabet.length)]).join(
    '',
  );
}

/** Kubernetes time: seconds, no fraction. */
export function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d+/, '');
}

/** Fills in what the server alone decides. Throws 400 when the caller set a resourceVersion. */
export function prepareMetaForCreate(object: ApiObject, now: Date): void {
  const meta = object.metadata;
  if ((meta.resourceVersion ?? '') !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const base = meta.generateName ?? '';
  if ((meta.name ?? '') === '' && base !== '') {
    meta.name = base.slice(0, maxNameLength - suffixLength) + randomSuffix();
  }
  delete meta.resourceVersion;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  dropServerFields(meta);
  meta.uid = randomUUID();
  meta.creationTimestamp = timestamp(now);
}

/** Members that clients may send back and that this server does not keep. */
function dropServerFields(meta: ObjectMeta): void {
  for (const member of ['managedFields', 'selfLink']) Reflect.deleteProperty(meta, member);
}

/** Carries over what an update cannot change. Throws 409 when the update is of another version or object. */
export function prepareMetaForUpdate(resource: Resource, next: ApiObject, old: ApiObject): void {
  const meta = next.metadata;
  const { uid = old.metadata.uid, resourceVersion } = meta;
  if (uid !== old.metadata.uid) {
    throw conflict(
      resource,
      nameOf(old),
      `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${String(old.metadata.uid)}`,
    );
  }
  if ((resourceVersion ?? '') !== '' && resourceVersion !== old.metadata.resourceVersion) {
    throw modified(resource, nameOf(old));
  }
  dropServerFields(meta);
  for (const member of [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    const kept = old.metadata[member];
    if (kept === undefined) Reflect.deleteProperty(meta, member);
    else Object.assign(meta, { [member]: kept });
  }
}

function nameCauses(resource: Resource, meta: ObjectMeta): Cause[] {
  const field = 'metadata.name';
  const name = meta.name ?? '';
  if (name === '') return [cause.required(field, 'name or generateName is required')];
  if (resource.group === 'rbac.authorization.k8s.io') {
    const bad = name === '.' || name === '..' || /[/%]/.test(name);
    return bad ? [cause.invalid(field, name, "may not contain '/' or '%'")] : [];
  }
  if (resource === namespaces) return isDnsLabel(name) ? [] : [dnsLabelCause(field, name)];
  if (name.length > 253) return [cause.invalid(field, name, 'must be no more than 253 characters')];
  return subdomain.test(name) ? [] : [cause.invalid(field, name, subdomainHelp)];
}

function keyCauses(field: string, key: string): Cause[] {
  const [prefix, name, ...more] = key.includes('/') ? key.split('/') : ['a', key];
  if (more.length > 0 || prefix === undefined || name === undefined) {
    return [cause.invalid(field, key, `a qualified name must consist of at most a prefix and a name part`)];
  }
  if (!subdomain.test(prefix.toLowerCase()) || prefix.length > 253) {
    return [cause.invalid(field, key, `prefix part ${subdomainHelp}`)];
  }
  if (name.length > maxNameLength) {
    return [cause.invalid(field, key, 'name part must be no more than 63 characters')];
  }
  return qualifiedName.test(name) ? [] : [cause.invalid(field, key, qualifiedHelp)];
}

function labelCauses(labels: Readonly<Record<string, string>>): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const causes = keyCauses('metadata.labels', key);
    if (value.length > maxNameLength) {
      causes.push(cause.invalid('metadata.labels', value, 'must be no more than 63 characters'));
    } else if (value !== '' && !qualifiedName.test(value)) {
      causes.push(cause.invalid('metadata.labels', value, valueHelp));
    }
    return causes;
  });
}

function annotationCauses(annotations: Readonly<Record<string, string>>): Cause[] {
  const field = 'metadata.annotations';
  const causes = Object.keys(annotations).flatMap((key) => keyCauses(field, key));
  const bytes = Object.entries(annotations)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > maxAnnotationBytes) {
    causes.push(cause.tooLong(field, `may not be more than ${maxAnnotationBytes} bytes`));
  }
  return causes;
}

function ownerCauses(meta: ObjectMeta): Cause[] {
  const owners = meta.ownerReferences ?? [];
  const causes = owners.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      // Decoding has checked the type of these members, not that they are there.
      .filter((member) => ((owner as Partial<typeof owner>)[member] ?? '') === '')
      .map((member) =>
        cause.invalid(`metadata.ownerReferences[${index}].${member}`, '', `${member} must not be empty`),
      ),
  );
  if (owners.filter((owner) => owner.controller === true).length > 1) {
    const message = 'Only one reference can have Controller set to true';
    causes.push(cause.invalid('metadata.ownerReferences', owners.length, message));
  }
  return causes;
}

export function metaCauses(resource: Resource, object: ApiObject): Cause[] {
  const meta = object.metadata;
  return [
    ...nameCauses(resource, meta),
    ...labelCauses(meta.labels ?? {}),
    ...annotationCauses(meta.annotations ?? {}),
    ...ownerCauses(meta),
  ];
}
