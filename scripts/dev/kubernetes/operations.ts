/** get, list, create, update, patch and delete on stored objects. Development tool, no zone. */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { apiVersionOf, isJsonObject, objectAt, pods, secrets, serviceAccounts, stringAt } from './objects.ts';
import type { ApiObject, JsonObject, Pod, Resource } from './objects.ts';
import { badRequest, conflict, notFound, notOffered } from './status.ts';
import type { Store } from './store.ts';
import type { UserInfo } from './tokens.ts';
import type { Webhooks } from './webhook.ts';

export interface Call {
  readonly method: string;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Wants objects without spec, status and data. */
  readonly metadataOnly: boolean;
  readonly body: unknown;
  readonly user: UserInfo;
  /** Shown to the caller as Warning headers. */
  readonly warnings: string[];
}

export interface Answer {
  readonly code: number;
  readonly body: object;
}

interface Operations {
  run(call: Call): Promise<Answer>;
  /** Namespaces and their accounts exist as soon as something names them. */
  account(namespace: string, name: string): ApiObject;
}

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';
function suffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('');
}
function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}

function bodyOf({ body, resource, namespace }: Call): ApiObject {
  if (!isJsonObject(body)) throw badRequest('the body of the request is not a JSON object');
  const metadata = { ...objectAt(body, 'metadata'), ...(namespace === undefined ? {} : { namespace }) };
  return { ...body, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}

/** Of the defaults those that others here read. */
function fillIn(resource: Resource, object: ApiObject): ApiObject {
  if (resource === secrets) {
    const text = Object.entries(objectAt(object, 'stringData'));
    const encoded = text.map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]);
    const { stringData: _, ...rest } = object;
    return { type: 'Opaque', ...rest, data: { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) } };
  }
  if (resource !== pods) return object;
  const spec = { serviceAccountName: 'default', restartPolicy: 'Always', ...objectAt(object, 'spec') };
  return { ...object, spec, status: { phase: 'Pending' } };
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) members.delete(member);
    else members.set(member, merged(members.get(member), value));
  }
  return Object.fromEntries(members);
}

/** `a`, `a=b`, and several with commas. Throws 400 for what else Kubernetes has. */
function labelled(selector: string): (object: ApiObject) => boolean {
  const terms = selector.split(',').filter((term) => term !== '');
  const parsed = terms.map((term) => {
    const [, key = '', value] = /^([\w./-]+)(?:==?([\w.-]*))?$/.exec(term) ?? [];
    if (key === '') throw badRequest(`the stand-in cannot read the selector: ${term}`);
    return { key, value };
  });
  return ({ metadata: { labels = {} } }) =>
    parsed.every(({ key, value }) => key in labels && (value === undefined || labels[key] === value));
}

function partialList(metadata: JsonObject, items: readonly ApiObject[]): object {
  const apiVersion = 'meta.k8s.io/v1';
  const partial = items.map((item) => ({
    kind: 'PartialObjectMetadata',
    apiVersion,
    metadata: item.metadata,
  }));
  // An empty one is Go's nil.
  const found = partial.length === 0 ? null : partial;
  return { kind: 'PartialObjectMetadataList', apiVersion, metadata, items: found };
}

export function createOperations(store: Store, webhooks: Webhooks): Operations {
  const account = (namespace: string, name: string): ApiObject => {
    const found = store.get(serviceAccounts, namespace, name);
    if (found !== undefined) return found;
    const uid = createHash('sha256').update(`${namespace}/${name}`).digest('hex').slice(0, 32);
    const metadata = { name, namespace, uid, creationTimestamp: now() };
    return store.insert(serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  };

  const find = ({ resource, namespace, name = '' }: Call): ApiObject => {
    const found = store.get(resource, namespace, name);
    if (found !== undefined) return found;
    if (resource === serviceAccounts && namespace !== undefined) return account(namespace, name);
    throw notFound(resource, name);
  };

  const list = ({ resource, namespace, query, metadataOnly }: Call): Answer => {
    if (['1', 'true'].includes(query.get('watch') ?? '')) throw notOffered('watch: list instead');
    const [, named] = /^metadata\.name==?([^,]+)$/.exec(query.get('fieldSelector') ?? '') ?? [];
    if (query.has('fieldSelector') && named === undefined)
      throw badRequest('the stand-in selects by labels, and by name');
    const after = Buffer.from(query.get('continue') ?? '', 'base64url').toString();
    const limit = Number(query.get('limit') ?? 0) || Infinity;
    const place = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
    const found = store
      .list(resource, namespace)
      .filter(labelled(query.get('labelSelector') ?? ''))
      .filter(({ metadata }) => named === undefined || metadata.name === named)
      .filter((object) => after === '' || place(object) > after);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const more = last !== undefined && found.length > items.length;
    const metadata = more ? { continue: Buffer.from(place(last)).toString('base64url') } : {};
    const [kind, apiVersion] = [`${resource.kind}List`, apiVersionOf(resource)];
    return {
      code: 200,
      body: metadataOnly ? partialList(metadata, items) : { kind, apiVersion, metadata, items },
    };
  };

  const create = async (call: Call): Promise<Answer> => {
    const { resource, namespace, user, warnings } = call;
    const sent = bodyOf(call);
    const { name, generateName } = sent.metadata;
    if (name === undefined && generateName === undefined) throw badRequest('the object has no name');
    const dryRun = call.query.has('dryRun');
    const filled = fillIn(resource, sent);
    const admitted = await webhooks.mutate({ resource, namespace, object: filled, user, dryRun }, warnings);
    const metadata = {
      ...admitted.metadata,
      name: name ?? `${generateName ?? ''}${suffix()}`,
      uid: randomUUID(),
      creationTimestamp: now(),
    };
    const object = { ...admitted, metadata };
    return { code: 201, body: dryRun ? object : store.insert(resource, object) };
  };

  /** What a caller cannot change stays; a subresource is a part of its own. */
  const update = (call: Call, next: ApiObject): Answer => {
    const { resource, subresource } = call;
    const old = find(call);
    const { uid, creationTimestamp, name, namespace } = old.metadata;
    const asked = next.metadata.resourceVersion;
    const metadata = { ...next.metadata, uid, creationTimestamp, name, namespace } as ApiObject['metadata'];
    const whole = { ...next, metadata };
    const status = objectAt(subresource === 'status' ? next : old, 'status');
    const pod = { ...(subresource === 'status' ? old : whole), metadata, status };
    const object = resource === pods ? (pod as Pod) : whole;
    return { code: 200, body: store.replace(resource, object, asked) };
  };

  const patch = (call: Call): Answer => {
    if (call.contentType !== 'application/merge-patch+json')
      throw badRequest('the stand-in takes merge patches alone');
    const old = find(call);
    const asked = stringAt(objectAt(isJsonObject(call.body) ? call.body : {}, 'metadata'), 'resourceVersion');
    const next = merged(old, call.body) as ApiObject; // of an object, an object
    const { resourceVersion: _, ...metadata } = next.metadata;
    return update(call, {
      ...next,
      metadata: asked === undefined ? metadata : { ...metadata, resourceVersion: asked },
    });
  };

  const remove = (call: Call): Answer => {
    const { resource, name = '' } = call;
    const object = find(call);
    const wanted = objectAt(isJsonObject(call.body) ? call.body : {}, 'preconditions');
    const { uid, resourceVersion } = object.metadata;
    for (const [member, has] of Object.entries({ uid, resourceVersion })) {
      const asked = wanted[member];
      if (asked !== undefined && asked !== has)
        throw conflict(resource, name, `the ${member} in the precondition is not that in record`);
    }
    store.remove(resource, object);
    const success: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    return { code: 200, body: success };
  };

  return {
    account,
    run: async (call) => {
      const { method, name } = call;
      if (method === 'GET') return name === undefined ? list(call) : { code: 200, body: find(call) };
      if (method === 'POST' && name === undefined) return await create(call);
      if (name === undefined) throw notOffered(`${method} on a whole collection`);
      if (method === 'PUT') return update(call, bodyOf(call));
      if (method === 'PATCH') return patch(call);
      if (method === 'DELETE') return remove(call);
      throw notOffered(method);
    },
  };
}
