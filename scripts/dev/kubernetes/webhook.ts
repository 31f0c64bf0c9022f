/** Calls the registered mutating webhooks for a new object, and applies what they answer. Development tool, no zone. */
import { randomUUID } from 'node:crypto';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { selects, type LabelSelector } from '../../../manifests/label-selector.ts';
import { createJsonClient, type JsonClient } from '../https-json.ts';
import { listAt, mutatingWebhooks, objectAt, stringAt, stringsAt } from './objects.ts';
import { isJsonObject, type JsonObject } from '#envelope/json.ts';
import type { ApiObject, Resource } from './objects.ts';
import { internalError, StatusError } from './status.ts';
import type { Store } from './store.ts';
import type { UserInfo } from './tokens.ts';

/** What is about to be stored. */
interface Creation {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly object: ApiObject;
  readonly user: UserInfo;
  readonly dryRun: boolean;
}

export interface Webhooks {
  /** The object after all of them. Throws a refusal, or 500 where one does not respond. */
  mutate(creation: Creation): Promise<ApiObject>;
  close(): void;
}

const DEFAULT_SECONDS = 10;

/** By rules and selectors. Match conditions are CEL, which is not evaluated here: too many are called, never too few. */
function isAsked(hook: JsonObject, { resource, namespace, object }: Creation): boolean {
  const has = (rule: JsonObject, member: string, value: string): boolean =>
    stringsAt(rule, member).some((one) => one === value || one === '*');
  const ruled = listAt(hook, 'rules').some(
    (rule) =>
      has(rule, 'operations', 'CREATE') &&
      has(rule, 'apiGroups', resource.group) &&
      has(rule, 'apiVersions', 'v1') &&
      has(rule, 'resources', resource.plural),
  );
  // As the configuration has them.
  const { namespaceSelector, objectSelector } = hook as Record<string, LabelSelector | undefined>;
  return (
    ruled &&
    (namespace === undefined || selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace })) &&
    selects(objectSelector, object.metadata.labels)
  );
}

function reviewOf({ resource, namespace, object, user, dryRun }: Creation): JsonObject {
  const { group, kind, plural } = resource;
  const [requestKind, requestResource] = [
    { group, version: 'v1', kind },
    { group, version: 'v1', resource: plural },
  ];
  const { name } = object.metadata;
  const request = {
    uid: randomUUID(),
    kind: requestKind,
    requestKind,
    resource: requestResource,
    requestResource,
    ...(name === undefined ? {} : { name }),
    namespace,
    operation: 'CREATE',
    userInfo: user,
    object,
    oldObject: null,
    dryRun,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
  };
  return { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request };
}

/** A webhook's refusal, as an API server passes it on. */
function denial(hook: string, status: JsonObject): StatusError {
  const { code } = status;
  const message = `admission webhook "${hook}" denied the request: ${stringAt(status, 'message') ?? ''}`;
  return new StatusError(typeof code === 'number' ? code : 400, stringAt(status, 'reason') ?? '', message);
}

function patched(object: ApiObject, patch: string | undefined): ApiObject {
  if (patch === undefined) return object;
  // The library validates each operation before it applies it.
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
  return jsonPatch.applyPatch(object, operations, true, false).newDocument;
}

/** `leaf`: the API server's own certificate, for webhooks that ask for one. */
export function createWebhooks(store: Store, leaf: { cert: string; key: string }): Webhooks {
  // One client per root, so that connections are reused.
  const clients = new Map<string, JsonClient>();
  const clientFor = (ca: string): JsonClient => {
    const client = clients.get(ca) ?? createJsonClient({ ca, ...leaf });
    clients.set(ca, client);
    return client;
  };

  const ask = async (hook: JsonObject, creation: Creation): Promise<JsonObject> => {
    const target = objectAt(hook, 'clientConfig');
    const seconds = Number(hook['timeoutSeconds'] ?? DEFAULT_SECONDS);
    const ca = Buffer.from(stringAt(target, 'caBundle') ?? '', 'base64').toString();
    const url = `${stringAt(target, 'url') ?? ''}?timeout=${seconds}s`;
    const body = reviewOf(creation);
    const call = { url, method: 'POST', body, timeoutMs: seconds * 1000 };
    const answer = await clientFor(ca).call(call);
    const review = isJsonObject(answer.body) ? answer.body : {};
    const response = objectAt(review, 'response');
    if (answer.status !== 200 || response['uid'] !== objectAt(body, 'request')['uid'])
      throw new Error(`no response to this review, with status ${answer.status}`);
    return response;
  };

  return {
    mutate: async (creation) => {
      let { object } = creation;
      const hooks = store.list(mutatingWebhooks, undefined).flatMap((each) => listAt(each, 'webhooks'));
      for (const hook of hooks.filter((each) => isAsked(each, creation))) {
        const name = stringAt(hook, 'name') ?? '';
        const response = await ask(hook, { ...creation, object }).catch((error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          throw internalError(`failed calling webhook "${name}": ${why}`);
        });
        if (response['allowed'] !== true) throw denial(name, objectAt(response, 'status'));
        object = patched(object, stringAt(response, 'patch'));
      }
      return object;
    },
    close: () => {
      for (const client of clients.values()) client.close();
    },
  };
}
