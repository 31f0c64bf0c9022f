/** get, list, create, update, patch and delete on stored objects. Development tool, no zone. */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { apiVersionOf, objectAt, pods, secrets, serviceAccounts } from './objects.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import type { ApiObject, Resource } from './objects.ts';
import { badRequest, notFound, notOffered } from './status.ts';
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
  readonly body: unknown;
  readonly user: UserInfo;
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

/** Only the defaults that others here read. */
function fillIn(resource: Resource, object: ApiObject): ApiObject {
  if (resource === secrets) return { type: 'Opaque', ...object };
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

/** The parts of a selector. Throws 400 for anything else that Kubernetes allows. */
function termsOf(selector: string | null, pattern: RegExp): readonly RegExpExecArray[] {
  const terms = (selector ?? '').split(',').filter((term) => term !== '');
  return terms.map((term) => {
    const parts = pattern.exec(term);
    if (parts === null) throw badRequest(`the stand-in cannot read the selector: ${term}`);
    return parts;
  });
}

/** `a`, `a=b`, and several with commas. */
function labelled(selector: string | null): (object: ApiObject) => boolean {
  const terms = termsOf(selector, /^([\w./-]+)(?:==?([\w.-]*))?$/);
  return ({ metadata: { labels = {} } }) =>
    terms.every(([, key = '', value]) => key in labels && (value === undefined || labels[key] === value));
}

/** By name, and pods by their phase: `metadata.name=a`, `status.phase!=Pending`, and several with commas. */
function fielded(selector: string | null): (object: ApiObject) => boolean {
  const terms = termsOf(selector, /^(metadata\.name|status\.phase)(!?)==?([\w.-]+)$/);
  return (object) =>
    terms.every(([, field, not, value]) => {
      const has = field === 'metadata.name' ? object.metadata.name : objectAt(object, 'status')['phase'];
      return (has === value) !== (not === '!');
    });
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

  const list = ({ resource, namespace, query }: Call): Answer => {
    if (['1', 'true'].includes(query.get('watch') ?? '')) throw notOffered('watch: list instead');
    const items = store
      .list(resource, namespace)
      .filter(labelled(query.get('labelSelector')))
      .filter(fielded(query.get('fieldSelector')));
    const [kind, apiVersion] = [`${resource.kind}List`, apiVersionOf(resource)];
    return { code: 200, body: { kind, apiVersion, metadata: {}, items } };
  };

  const create = async (call: Call): Promise<Answer> => {
    const { resource, namespace, user } = call;
    const sent = bodyOf(call);
    const { name, generateName } = sent.metadata;
    if (name === undefined && generateName === undefined) throw badRequest('the object has no name');
    const dryRun = call.query.has('dryRun');
    const filled = fillIn(resource, sent);
    const admitted = await webhooks.mutate({ resource, namespace, object: filled, user, dryRun });
    const metadata = {
      ...admitted.metadata,
      name: name ?? `${generateName ?? ''}${suffix()}`,
      uid: randomUUID(),
      creationTimestamp: now(),
    };
    const object = { ...admitted, metadata };
    return { code: 201, body: dryRun ? object : store.insert(resource, object) };
  };

  /** What a caller cannot change stays; a pod's status is updated separately. */
  const update = (call: Call, next: ApiObject, expected: string | undefined): Answer => {
    const { resource, subresource } = call;
    const old = find(call);
    const { uid, creationTimestamp, name, namespace } = old.metadata;
    const metadata = { ...next.metadata, uid, creationTimestamp, name, namespace } as ApiObject['metadata'];
    const [spec, status] = subresource === 'status' ? [old, next] : [next, old];
    const object = resource === pods ? { ...spec, status: objectAt(status, 'status') } : next;
    return { code: 200, body: store.replace(resource, { ...object, metadata }, expected) };
  };

  const patch = (call: Call): Answer => {
    const { contentType, body } = call;
    if (contentType !== 'application/merge-patch+json' || !isJsonObject(body))
      throw badRequest('the stand-in accepts only merge patches');
    const next = merged(find(call), body) as ApiObject; // of an object, an object
    const expected = objectAt(body, 'metadata')['resourceVersion'];
    return update(call, next, typeof expected === 'string' ? expected : undefined);
  };

  const remove = (call: Call): Answer => {
    store.remove(call.resource, find(call));
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
      if (method === 'PUT') {
        const next = bodyOf(call);
        return update(call, next, next.metadata.resourceVersion);
      }
      if (method === 'PATCH') return patch(call);
      if (method === 'DELETE') return remove(call);
      throw notOffered(method);
    },
  };
}
