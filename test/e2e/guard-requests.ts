/**
 * The guard's cases (manifests/guard-cases) as requests to a real API server. Pods reach it past Twofold's webhook: a
 * plain pod goes in, which that webhook is not called for, and another webhook behind it turns it into the case's.
 * Everything is a dry run but the pods that changes are tried on; nothing schedules those.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import jsonPatch from 'fast-json-patch';
import type { AdmissionRequest } from '../../scripts/dev/admission-policy/request.ts';
import { HUB, HUB_ACCOUNT, HUB_POD, USER_KEY } from '../../manifests/guard-cases/case.ts';
import { guardParameters } from '../../manifests/guard.ts';
import { CLAIM_URL, IMAGE, plainPod, type Container, type Pod } from '../../manifests/session-pod.ts';
import { eventually } from '../eventually.ts';
import type { Api, ApiAnswer } from './api.ts';
import { startMutatingWebhook } from './mutating-webhook.ts';
import { restrictedContainer, uniqueName } from './pods.ts';

export interface GuardRequests {
  /** The policies and bindings as they are applied. */
  readonly applied: readonly KubernetesObject[];
  /** The same request for this installation: its images, addresses, launcher and namespaces. */
  localise(request: AdmissionRequest): AdmissionRequest;
  /** The API server's answer to a localised request. */
  send(request: AdmissionRequest): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export interface Launcher {
  readonly username: string;
  readonly namespace: string;
  readonly annotation: string;
  readonly account: { readonly namespace: string; readonly name: string };
}

const POLICIES = '/apis/admissionregistration.k8s.io/v1';
/** May do everything, so that the guard alone decides. */
const EVERYTHING = 'system:masters';

const readGuard = async (api: Api): Promise<readonly KubernetesObject[]> => {
  const kinds = [
    ['validatingadmissionpolicies', 'ValidatingAdmissionPolicy'],
    ['validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding'],
  ] as const;
  const lists = await Promise.all(
    kinds.map(async ([resource, kind]) => {
      const { items } = await api.must<{ items: KubernetesObject[] }>({
        ...{ method: 'GET', path: `${POLICIES}/${resource}?labelSelector=app.kubernetes.io/part-of=twofold` },
      });
      // Objects in a list do not say their kind.
      return items.map((item) => ({ ...item, kind }));
    }),
  );
  return lists.flat();
};

/** Pod Security `restricted` judges before the guard does. */
const restricted = (pod: Pod): Pod => {
  const container = (each: Container): Container =>
    each.name === 'twofold-init' ? each : { securityContext: restrictedContainer, ...each };
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...{ ...spec, schedulerName: 'nobody', terminationGracePeriodSeconds: 0 },
      securityContext: { runAsUser: 1000 },
      containers: spec.containers.map(container),
      initContainers: spec.initContainers.map(container),
    },
  };
};

const pathOf = ({
  namespace = '',
  resource,
  name = '',
  subResource,
  operation,
}: AdmissionRequest): string => {
  const collection = `/api/v1/namespaces/${namespace}/${resource.resource}`;
  const named = operation !== 'CREATE' || subResource !== undefined;
  const path = named ? `${collection}/${name}` : collection;
  return subResource === undefined ? path : `${path}/${subResource}`;
};

/** Impersonated, with the rights to do everything. */
const speaker = ({ username = '', groups = [], extra }: AdmissionRequest['userInfo']) => ({
  ...{ as: username, groups: [...groups, EVERYTHING], extra },
});

/** In a namespace of its own, and in those of the launcher and its sessions. */
export const createGuardRequests = async (api: Api, launcher: Launcher): Promise<GuardRequests> => {
  const namespace = uniqueName('guard');
  const label = `${namespace}.example.org/case`;
  const applied = await readGuard(api);
  const { image, claimUrl } = guardParameters(applied);
  await api.must({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
  await eventually(`namespace ${namespace} has its service account`, async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    return (await api.call({ method: 'GET', path })).status === 200;
  });
  const disguised = new Map<string, Pod>();
  const webhook = await startMutatingWebhook(api, {
    ...{ name: `zzz-${namespace}`, label, namespace },
    mutate: ({ metadata }) => {
      const real = disguised.get(metadata?.labels?.[label] ?? '');
      if (!real) return [];
      const { labels, annotations, finalizers } = real.metadata;
      return [
        { op: 'replace', path: '/metadata/labels', value: labels },
        { op: 'add', path: '/metadata/annotations', value: annotations },
        ...(finalizers ? [{ op: 'add', path: '/metadata/finalizers', value: finalizers } as const] : []),
        { op: 'replace', path: '/spec', value: real.spec },
      ];
    },
  });

  const createPod = async (request: AdmissionRequest, query: string): Promise<ApiAnswer> => {
    const id = uniqueName('case');
    disguised.set(id, restricted(request.object as Pod)); // the cases' pods
    const { spec } = restricted(plainPod());
    const body = { metadata: { name: id, labels: { [label]: id } }, spec };
    return await api.call({
      ...{ method: 'POST', path: pathOf(request) + query, body, ...speaker(request.userInfo) },
    });
  };

  const stored = new Map<string, Promise<{ namespace: string; name: string }>>();
  /** A pod like this one that is really there. */
  const store = (request: AdmissionRequest): Promise<{ namespace: string; name: string }> => {
    const old = request.oldObject ?? request.object;
    const key = JSON.stringify([request.namespace, old]);
    const made = stored.get(key) ?? createStored({ ...request, operation: 'CREATE', object: old ?? null });
    stored.set(key, made);
    return made;
  };
  const createStored = async (request: AdmissionRequest): Promise<{ namespace: string; name: string }> => {
    const launched = request.namespace === launcher.namespace;
    const extra = { 'authentication.kubernetes.io/pod-uid': [HUB_POD] };
    const hub = { username: launcher.username, extra };
    const userInfo = { ...request.userInfo, ...(launched ? hub : {}) };
    const { subResource: _, ...creation } = request;
    const { status, body, message } = await createPod({ ...creation, userInfo }, '');
    if (status !== 201) throw new Error(`a pod to be changed was refused: ${message}`);
    const { metadata } = body as Pod; // just created
    return { namespace: request.namespace ?? '', name: metadata.name };
  };

  const changePod = async (request: AdmissionRequest): Promise<ApiAnswer> => {
    const bound = request.subResource === 'binding';
    const { name } = await store(bound ? { ...request, object: plainPod() } : request);
    const path = `${pathOf({ ...request, name })}?dryRun=All`;
    const who = speaker(request.userInfo);
    if (request.operation === 'DELETE') return await api.call({ method: 'DELETE', path, ...who });
    if (bound) {
      const metadata = { ...request.object?.metadata, name, namespace: request.namespace };
      return await api.call({ method: 'POST', path, body: { ...request.object, metadata }, ...who });
    }
    const body = jsonPatch.compare(request.oldObject ?? {}, request.object ?? {});
    return await api.call({ method: 'PATCH', path, body, ...who });
  };

  /** Of a Secret that is there for as long as that takes. */
  const changeSecret = async (request: AdmissionRequest): Promise<ApiAnswer> => {
    const path = pathOf(request);
    const collection = path.slice(0, path.lastIndexOf('/'));
    await api.must({ method: 'POST', path: collection, body: request.oldObject });
    try {
      const body = request.object;
      return await api.call({
        method: 'PUT',
        path: `${path}?dryRun=All`,
        body,
        ...speaker(request.userInfo),
      });
    } finally {
      await api.must({ method: 'DELETE', path });
    }
  };

  return {
    applied,
    localise: (request) => {
      const text = JSON.stringify(request)
        .replaceAll(`"${IMAGE}`, `"${image}`)
        .replaceAll(CLAIM_URL, claimUrl)
        .replaceAll(HUB, launcher.username)
        .replaceAll(USER_KEY, launcher.annotation);
      const local = JSON.parse(text) as AdmissionRequest; // as it was
      if (local.namespace === HUB_ACCOUNT.namespace)
        return { ...local, namespace: launcher.account.namespace };
      const launched = local.namespace === 'sessions' && text.includes(launcher.annotation);
      return { ...local, namespace: launched ? launcher.namespace : namespace };
    },
    send: async (request) => {
      const { resource, operation, subResource, object, userInfo } = request;
      if (resource.resource === 'pods') {
        const creates = operation === 'CREATE' && subResource === undefined;
        return creates ? await createPod(request, '?dryRun=All') : await changePod(request);
      }
      if (operation === 'UPDATE') return await changeSecret(request);
      const body = { ...object, metadata: { ...object?.metadata, namespace: request.namespace } };
      const path = `${pathOf(request)}?dryRun=All`;
      return await api.call({ method: 'POST', path, body, ...speaker(userInfo) });
    },
    close: async () => {
      for (const made of stored.values()) {
        const pod = await made.catch(() => undefined);
        const path = pod && `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}?gracePeriodSeconds=0`;
        if (path) await api.call({ method: 'DELETE', path });
      }
      await webhook.close();
      await api.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    },
  };
};
