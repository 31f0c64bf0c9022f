/**
 * The guard's cases (manifests/guard-cases) as requests to a real API server: each by its own user, who may do everything,
 * so that only the guard decides. Everything is a dry run except the pods that the cases change.
 */
import { randomBytes } from 'node:crypto';
import jsonPatch from 'fast-json-patch';
import type { AdmissionRequest } from '../manifests/guard-cases/case.ts';
import { plainPod, type Pod } from '../manifests/session-pod.ts';
import type { Api, ApiAnswer } from '../scripts/dev/api.ts';

interface Refusal {
  readonly policy: string;
  readonly message: string;
}

export interface Verdict {
  /** The refusal that the response reports comes first. */
  readonly denied: readonly Refusal[];
  readonly warnings: readonly string[];
}

interface GuardRequests {
  /** The API server's response. */
  send(request: AdmissionRequest): Promise<ApiAnswer>;
  /** Creates what this request changes; `send` does so too if that has not happened yet. */
  prepare(request: AdmissionRequest): Promise<void>;
  /** Removes everything that was created. */
  close(): Promise<void>;
}

interface Ports {
  readonly api: Api;
  readonly createPod: (request: AdmissionRequest, query: string) => Promise<ApiAnswer>;
  /** Who creates a pod that is to be changed: the request's user, or someone the guard allows. */
  readonly creator?: (request: AdmissionRequest) => AdmissionRequest['userInfo'];
}

const EVERYTHING = 'system:masters';
const DENIED = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: ([^]*)$/;
const WARNED = /^Validation failed for ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)': ([^]*)$/;

/** Bindings of this name show every policy that refuses, while an API server names only one. */
export const WITNESS = '-witness';

/** Throws for a response that is neither success nor a policy's refusal. */
export function verdictOf({ status, message, warnings }: ApiAnswer): Verdict {
  const [, policy, said = ''] = DENIED.exec(message) ?? [];
  if (status >= 300 && policy === undefined) throw new Error(`not judged by a policy: ${status} ${message}`);
  const shown = warnings.flatMap((text) => {
    const [, by = '', binding = '', why = ''] = WARNED.exec(text) ?? [];
    return by === '' ? [] : [{ policy: by, message: why, binding, text }];
  });
  const witnessed = shown.filter(({ binding }) => binding.endsWith(WITNESS));
  return {
    denied: [
      ...(policy === undefined ? [] : [{ policy, message: said }]),
      ...witnessed
        .filter(({ message: why }) => why !== said)
        .map(({ policy: by, message: why }) => ({ policy: by, message: why })),
    ],
    warnings: shown.filter(({ binding }) => !binding.endsWith(WITNESS)).map(({ text }) => text),
  };
}

/** The user of a request, and the right to make it. */
export function asUser({ userInfo: { username = '', groups = [], extra } }: AdmissionRequest) {
  return {
    as: username,
    groups: [...groups, EVERYTHING],
    extra,
  };
}

export function pathOf(request: AdmissionRequest): string {
  const { namespace = '', resource, name = '', subResource, operation } = request;
  const collection = `/api/v1/namespaces/${namespace}/${resource.resource}`;
  const named = operation !== 'CREATE' || subResource !== undefined;
  const path = named ? `${collection}/${name}` : collection;
  return subResource === undefined ? path : `${path}/${subResource}`;
}

function isOfPods({ resource }: AdmissionRequest): boolean {
  return resource.resource === 'pods';
}

function createsPod(request: AdmissionRequest): boolean {
  return isOfPods(request) && request.operation === 'CREATE' && request.subResource === undefined;
}

/** Whether it concerns an existing object. */
function changes({ operation, subResource }: AdmissionRequest): boolean {
  return operation !== 'CREATE' || subResource === 'binding';
}

export function createGuardRequests({ api, createPod, creator }: Ports): GuardRequests {
  const stored = new Map<string, Promise<string>>();
  const make = async (request: AdmissionRequest): Promise<string> => {
    const { subResource: _, ...creation } = request;
    const path = pathOf(creation);
    const name = `case-${randomBytes(6).toString('hex')}`;
    const body = { ...request.object, metadata: { ...request.object?.metadata, name } };
    const userInfo = creator?.(creation) ?? creation.userInfo;
    const answer = isOfPods(request)
      ? await createPod({ ...creation, object: body, userInfo }, '')
      : await api.call({
          method: 'POST',
          path,
          body: { ...body, metadata: { ...body.metadata, namespace: request.namespace } },
        });
    if (answer.status !== 201) throw new Error(`what is to be changed was refused: ${answer.message}`);
    const { metadata } = answer.body as Pod; // or a Secret: just created
    return `${path}/${metadata.name}`;
  };
  /** Path of a real object like the request's old one; bindings are of a plain pod. */
  const store = (request: AdmissionRequest): Promise<string> => {
    const object = request.subResource === 'binding' ? plainPod() : (request.oldObject ?? null);
    const key = JSON.stringify([request.namespace, object]);
    const made = stored.get(key) ?? make({ ...request, operation: 'CREATE', object });
    stored.set(key, made);
    return made;
  };

  const change = async (request: AdmissionRequest): Promise<ApiAnswer> => {
    const { operation, subResource, object, oldObject } = request;
    const path = await store(request);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const whole = `${subResource === undefined ? path : `${path}/${subResource}`}?dryRun=All`;
    const who = asUser(request);
    if (operation === 'DELETE') return await api.call({ method: 'DELETE', path: whole, ...who });
    if (operation === 'CREATE') {
      const metadata = { ...object?.metadata, name, namespace: request.namespace };
      return await api.call({ method: 'POST', path: whole, body: { ...object, metadata }, ...who });
    }
    const body = jsonPatch.compare(oldObject ?? {}, object ?? {});
    return await api.call({ method: 'PATCH', path: whole, body, ...who });
  };

  return {
    send: async (request) => {
      if (createsPod(request)) return await createPod(request, '?dryRun=All');
      if (changes(request)) return await change(request);
      const { object } = request;
      const body = { ...object, metadata: { ...object?.metadata, namespace: request.namespace } };
      return await api.call({
        method: 'POST',
        path: `${pathOf(request)}?dryRun=All`,
        body,
        ...asUser(request),
      });
    },
    prepare: async (request) => {
      if (changes(request)) await store(request);
    },
    close: async () => {
      for (const made of stored.values()) {
        const path = await made.catch(() => undefined);
        if (path) await api.call({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` });
      }
    },
  };
}
