/**
 * create, get, list, update, patch and delete on stored objects, with admission and validation in the real order.
 * Development tool, no zone.
 */

import { isDeepStrictEqual } from 'node:util';

import type { UserInfo } from './access/identity.ts';
import type { Attempt } from './admission/admission-request.ts';
import type { Admission } from './admission/admission.ts';
import { deleteObject, removeIfFinalized } from './deletion.ts';
import { listObjects } from './listing.ts';
import { decode } from './objects/decode.ts';
import { prepareMetaForCreate, prepareMetaForUpdate } from './objects/object-meta.ts';
import {
  isJsonObject,
  nameOf,
  objectAt,
  stringAt,
  type ApiObject,
  type JsonObject,
} from './objects/object.ts';
import { apiVersionOf, namespaces, pods, serviceAccounts, type Resource } from './objects/resource.ts';
import type { Implicit } from './objects/service-account.ts';
import { strategyOf } from './objects/strategy.ts';
import { patchObject } from './patch.ts';
import { isDryRun, type ResourceRequest } from './request.ts';
import { badRequest, conflict, invalid, notFound, StatusError, type Cause, type Status } from './status.ts';
import type { Store } from './store.ts';

export type Call = ResourceRequest & {
  user: UserInfo;
  body: unknown;
  contentType: string;
  /** Shown to the caller as Warning headers. */
  warnings: string[];
};

export type Answer = { code: number; body: object };

export type Operations = { run(call: Call): Promise<Answer> };

const patchAttempts = 5;

function optionsOf(call: Call, kind: string): { dryRun: boolean; options: JsonObject } {
  const dryRun = isDryRun(call.query.getAll('dryRun'), kind);
  const text = Object.fromEntries(
    ['fieldManager', 'fieldValidation'].flatMap((member) => {
      const value = call.query.get(member);
      return value === null ? [] : [[member, value]];
    }),
  );
  const options = { kind, apiVersion: 'meta.k8s.io/v1', ...(dryRun ? { dryRun: ['All'] } : {}), ...text };
  return { dryRun, options };
}

function decodeBody(call: Call, body: unknown): ApiObject {
  const { kind, shape } = call.resource;
  const { object, unknown } = decode(body, { apiVersion: apiVersionOf(call.resource), kind, shape });
  if (unknown.length > 0 && call.query.get('fieldValidation') === 'Strict') {
    throw badRequest(`strict decoding error: ${unknown.map((path) => `unknown field "${path}"`).join(', ')}`);
  }
  call.warnings.push(...unknown.map((path) => `unknown field "${path}"`));
  const namespace = object.metadata.namespace ?? '';
  if (namespace !== '' && namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (call.namespace === undefined) delete object.metadata.namespace;
  else object.metadata.namespace = call.namespace;
  return object;
}

function refuseCauses(resource: Resource, object: ApiObject, causes: Cause[]): void {
  if (causes.length > 0) throw invalid(resource, nameOf(object), causes);
}

export function createOperations(ports: {
  store: Store;
  implicit: Implicit;
  admission: Admission;
  now: () => Date;
}): Operations {
  const { store, implicit, admission, now } = ports;

  function find(call: Call): ApiObject {
    const { resource, namespace, name = '' } = call;
    if (resource === serviceAccounts) return implicit.serviceAccount(namespace ?? '', name);
    const found = store.get(resource, namespace, name);
    if (found === undefined) throw notFound(resource, name);
    return found;
  }

  function attemptOf(call: Call, object: ApiObject, oldObject?: ApiObject): Attempt {
    const { resource, subresource, namespace, user } = call;
    const kind = oldObject === undefined ? 'Create' : call.verb === 'patch' ? 'Patch' : 'Update';
    return {
      operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      name: oldObject === undefined ? nameOf(object) : nameOf(oldObject),
      object,
      ...(oldObject === undefined ? {} : { oldObject }),
      user,
      ...optionsOf(call, `${kind}Options`),
    };
  }

  async function create(call: Call): Promise<Answer> {
    const { resource, namespace } = call;
    const strategy = strategyOf(resource);
    const object = decodeBody(call, call.body);
    strategy.defaults(object);
    const attempt = attemptOf(call, object);
    if (namespace !== undefined && !attempt.dryRun) implicit.namespace(namespace);
    const admitted = await admission.mutate(attempt, call.warnings);
    prepareMetaForCreate(admitted, now());
    strategy.prepareForCreate(admitted);
    refuseCauses(resource, admitted, strategy.causes(admitted));
    admission.validate({ ...attempt, object: admitted, name: nameOf(admitted) }, call.warnings);
    if (resource === serviceAccounts) {
      // It existed already, without having been created: its tokens stay good.
      admitted.metadata.uid = implicit.serviceAccount(namespace ?? '', nameOf(admitted)).metadata.uid ?? '';
    }
    if (!attempt.dryRun) return { code: 201, body: store.insert(resource, admitted) };
    const taken = store.get(resource, namespace, nameOf(admitted));
    if (taken !== undefined) store.insert(resource, admitted);
    return { code: 201, body: admitted };
  }

  async function update(call: Call, old: ApiObject, body: unknown): Promise<Answer> {
    const { resource, subresource } = call;
    const strategy = strategyOf(resource);
    const sent = decodeBody(call, body);
    if (nameOf(sent) !== nameOf(old)) {
      throw badRequest(
        `the name of the object (${nameOf(sent)}) does not match the name on the URL (${nameOf(old)})`,
      );
    }
    prepareMetaForUpdate(resource, sent, old);
    strategy.defaults(sent);
    const attempt = attemptOf(call, strategy.prepareForUpdate(sent, old, subresource), old);
    const next = await admission.mutate(attempt, call.warnings);
    prepareMetaForUpdate(resource, next, old);
    refuseCauses(resource, next, [
      ...strategy.causes(next),
      ...strategy.updateCauses(next, old, subresource),
    ]);
    admission.validate({ ...attempt, object: next }, call.warnings);
    return { code: 200, body: attempt.dryRun ? next : replaceChanged(resource, next, old) };
  }

  /** An update that changes nothing keeps the resource version, as in the real server. */
  function replaceChanged(resource: Resource, next: ApiObject, old: ApiObject): ApiObject {
    const { resourceVersion = '' } = old.metadata;
    const same = { ...next, metadata: { ...next.metadata, resourceVersion } };
    if (isDeepStrictEqual(same, old)) return old;
    // A service account that nobody created has an answer but no place in the store yet.
    const stored = store.get(resource, old.metadata.namespace, nameOf(old)) !== undefined;
    if (!stored && resource === serviceAccounts) return store.insert(resource, next);
    const replaced = store.replace(resource, next, resourceVersion);
    removeIfFinalized(store, resource, replaced);
    return replaced;
  }

  async function patch(call: Call): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const old = find(call);
      const asked = objectAt(isJsonObject(call.body) ? call.body : {}, 'metadata');
      try {
        return await update(call, old, patchObject(structuredClone(old), call.contentType, call.body));
      } catch (error) {
        // Somebody else was faster; a patch without a version applies to what is there now.
        const raced = error instanceof StatusError && error.status.reason === 'Conflict';
        const current = find(call).metadata.resourceVersion !== old.metadata.resourceVersion;
        if (!raced || !current || attempt === patchAttempts || 'resourceVersion' in asked) throw error;
      }
    }
  }

  function remove(call: Call): Answer {
    const { resource } = call;
    const options = isJsonObject(call.body) ? call.body : {};
    const object = find(call);
    checkPreconditions(resource, object, objectAt(options, 'preconditions'));
    const inBody = Array.isArray(options['dryRun']) ? options['dryRun'].map(String) : [];
    const dryRun = isDryRun([...call.query.getAll('dryRun'), ...inBody], 'DeleteOptions');
    const stored = store.get(resource, object.metadata.namespace, nameOf(object));
    if (stored === undefined) throw notFound(resource, nameOf(object));
    const gone = dryRun ? object : deleteObject(store, resource, object, now());
    const waits = gone.metadata.deletionTimestamp !== undefined;
    if (waits || [pods, serviceAccounts, namespaces].includes(resource)) return { code: 200, body: gone };
    return { code: 200, body: deleted(resource, gone) };
  }

  return {
    async run(call) {
      switch (call.verb) {
        case 'get':
          return { code: 200, body: find(call) };
        case 'list':
          return { code: 200, body: listObjects(store, call, now) };
        case 'create':
          return create(call);
        case 'update':
          return update(call, find(call), call.body);
        case 'patch':
          return patch(call);
        case 'delete':
          return remove(call);
      }
    },
  };
}

function checkPreconditions(resource: Resource, object: ApiObject, wanted: JsonObject): void {
  const { uid, resourceVersion } = object.metadata;
  const asked = { uid: stringAt(wanted, 'uid'), version: stringAt(wanted, 'resourceVersion') };
  if (asked.uid !== undefined && asked.uid !== uid) {
    throw conflict(
      resource,
      nameOf(object),
      `the UID in the precondition (${asked.uid}) does not match the UID in record (${uid ?? ''}). The object might have been deleted and then recreated`,
    );
  }
  if (asked.version !== undefined && asked.version !== resourceVersion) {
    throw conflict(
      resource,
      nameOf(object),
      `the ResourceVersion in the precondition (${asked.version}) does not match the ResourceVersion in record (${resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

function deleted(resource: Resource, object: ApiObject): Status {
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name: nameOf(object), ...group, kind: resource.plural, uid: object.metadata.uid ?? '' };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}
