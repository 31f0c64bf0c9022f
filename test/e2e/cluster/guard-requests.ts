/**
 * The installed guard, tested with its cases (test/guard-requests.ts). Pods reach it past Twofold's webhook: a
 * plain pod goes in, for which that webhook is not called, and a later webhook turns it into the case's.
 * Nothing schedules the pods that the cases change.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import {
  boundTo,
  HUB,
  HUB_ACCOUNT,
  HUB_POD,
  USER_KEY,
  WEBHOOK,
  type AdmissionRequest,
} from '../../../manifests/guard-cases/case.ts';
import { guardParameters } from '../../../manifests/guard.ts';
import { CLAIM_URL, IMAGE, plainPod, type Container, type Pod } from '../../../manifests/session-pod.ts';
import { eventually } from '../../eventually.ts';
import { asUser, createGuardRequests, pathOf } from '../../guard-requests.ts';
import type { Api, ApiAnswer } from '../../../scripts/dev/api.ts';
import { startMutatingWebhook } from './mutating-webhook.ts';
import { restrictedContainer, uniqueName } from '../sessions/pods.ts';

export interface InstalledGuard {
  /** The same request for this installation: its images, addresses, launcher and namespaces. */
  localise(request: AdmissionRequest): AdmissionRequest;
  /** The API server's response to a localised request. */
  send(request: AdmissionRequest): Promise<ApiAnswer>;
  close(): Promise<void>;
}

interface Launcher {
  readonly username: string;
  readonly namespace: string;
  readonly annotation: string;
  readonly account: { readonly namespace: string; readonly name: string };
}

const POLICIES = '/apis/admissionregistration.k8s.io/v1';

async function readGuard(api: Api): Promise<readonly KubernetesObject[]> {
  const kinds = [
    ['validatingadmissionpolicies', 'ValidatingAdmissionPolicy'],
    ['validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding'],
  ] as const;
  const lists = await Promise.all(
    kinds.map(async ([resource, kind]) => {
      const { items } = await api.must<{ items: KubernetesObject[] }>({
        method: 'GET',
        path: `${POLICIES}/${resource}?labelSelector=app.kubernetes.io/part-of=twofold`,
      });
      // Objects in a list do not state their kind.
      return items.map((item) => ({ ...item, kind }));
    }),
  );
  return lists.flat();
}

/** Pod Security `restricted` is evaluated before the guard. */
function restricted(pod: Pod): Pod {
  const container = (each: Container): Container =>
    each.name === 'twofold-init' ? each : { securityContext: restrictedContainer, ...each };
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      schedulerName: 'nobody',
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsUser: 1000 },
      containers: spec.containers.map(container),
      initContainers: spec.initContainers.map(container),
    },
  };
}

/** In a separate namespace, and in those of the launcher and its sessions. */
export async function connectGuard(api: Api, launcher: Launcher): Promise<InstalledGuard> {
  const namespace = uniqueName('guard');
  const label = `${namespace}.example.org/case`;
  const { image, claimUrl } = guardParameters(await readGuard(api));
  await api.must({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
  await eventually(`namespace ${namespace} has its service account`, async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    return (await api.call({ method: 'GET', path })).status === 200;
  });
  const disguised = new Map<string, Pod>();
  const webhook = await startMutatingWebhook(api, {
    name: `zzz-${namespace}`,
    label,
    namespace,
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
    return await api.call({ method: 'POST', path: pathOf(request) + query, body, ...asUser(request) });
  };

  const hub = { username: launcher.username, extra: boundTo(HUB_POD) };
  const requests = createGuardRequests({
    api,
    createPod,
    creator: ({ namespace: where, userInfo }) =>
      where === launcher.namespace ? { ...userInfo, ...hub } : userInfo,
  });

  return {
    localise: (request) => {
      const text = JSON.stringify(request)
        .replaceAll(`"${IMAGE}`, `"${image}`)
        .replaceAll(CLAIM_URL, claimUrl)
        .replaceAll(HUB, launcher.username)
        .replaceAll(USER_KEY, launcher.annotation);
      const local = JSON.parse(text) as AdmissionRequest; // as it was
      if (local.namespace === HUB_ACCOUNT.namespace)
        return { ...local, namespace: launcher.account.namespace };
      // The webhook may write in enabled namespaces alone.
      const named = text.includes(launcher.annotation) || local.userInfo.username === WEBHOOK;
      const launched = local.namespace === 'sessions' && named;
      return { ...local, namespace: launched ? launcher.namespace : namespace };
    },
    send: (request) => requests.send(request),
    close: async () => {
      await requests.close();
      await webhook.close();
      await api.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    },
  };
}
