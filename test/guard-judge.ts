/** The guard as a real API server evaluates it, in its own control plane. */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { tokenSource, type AdmissionRequest } from '../manifests/guard-cases/case.ts';
import type { KubernetesObject } from '../manifests/kubernetes-object.ts';
import { plainPod } from '../manifests/session-pod.ts';
import { applyDocuments } from '../scripts/dev/apply.ts';
import { readKubeconfig } from '../scripts/dev/control-plane.ts';
import type { ApiAnswer } from '../scripts/dev/api.ts';
import { controlPlane, createApi, createPolicies, makeNamespaces, type Api } from './control-plane.ts';
import { asUser, createGuardRequests, pathOf, verdictOf, WITNESS, type Verdict } from './guard-requests.ts';

export interface GuardJudge {
  /** Puts these policies and bindings in force from now on. */
  use(documents: readonly KubernetesObject[]): Promise<void>;
  review(request: AdmissionRequest): Promise<Verdict>;
  /** Creates what these requests change, while no policy is in force: some of it would not pass. */
  prepare(requests: readonly AdmissionRequest[]): Promise<void>;
}

const NODE = 'node1';

/** A binding like this one that refuses nothing, and shows its policy's message. */
function witness(document: KubernetesObject): KubernetesObject[] {
  if (document.kind !== 'ValidatingAdmissionPolicyBinding') return [];
  const { spec } = document as { spec?: { validationActions?: unknown } }; // a binding has one
  if (!isDeepStrictEqual(spec?.validationActions, ['Deny'])) return [];
  const metadata = { name: `${document.metadata?.name ?? ''}${WITNESS}` };
  const shown = { ...document, metadata, spec: { ...spec, validationActions: ['Warn'] } };
  return [shown];
}

/** Its namespace, and the account it concerns. */
function placeOf(request: AdmissionRequest): { namespace: string; account: string } {
  const { namespace = '', object, resource, name = 'default' } = request;
  const { spec } = (object ?? {}) as { spec?: { serviceAccountName?: string } }; // of a pod, maybe
  const account = resource.resource === 'serviceaccounts' ? name : (spec?.serviceAccountName ?? 'default');
  return { namespace, account };
}

function audiencesOf(object: AdmissionRequest['object']): readonly string[] {
  return (object as { spec: { audiences: readonly string[] } }).spec.audiences;
} // a TokenRequest

function asksForToken({ subResource, userInfo }: AdmissionRequest): boolean {
  return subResource === 'token' && (userInfo.groups ?? []).includes('system:nodes');
}

/** A pod of this account on that node: a kubelet gets tokens only for its own pods, and only those they request. */
async function podOnNode(api: Api, request: AdmissionRequest, audience: string | undefined): Promise<object> {
  const { namespace = '', name: serviceAccountName = '' } = request;
  const name = `on-the-node-${randomBytes(6).toString('hex')}`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const source = audience === undefined ? [] : [tokenSource(audience)];
  const volumes = source.map((each) => ({ name: 'token', projected: { sources: [each] } }));
  const spec = { ...plainPod().spec, serviceAccountName, volumes: [...plainPod().spec.volumes, ...volumes] };
  const made = await api.must<{ metadata: { uid: string } }>({
    method: 'POST',
    path: pods,
    body: { metadata: { name }, spec },
  });
  const target = { kind: 'Node', name: NODE };
  await api.must({ method: 'POST', path: `${pods}/${name}/binding`, body: { metadata: { name }, target } });
  return { apiVersion: 'v1', kind: 'Pod', name, uid: made.metadata.uid };
}

async function start(): Promise<GuardJudge> {
  const plane = await controlPlane('guard');
  const api = createApi(plane.admin);
  const kubelet = createApi(readKubeconfig(`${plane.folder}/kubeconfig/kubelet`));
  const policies = createPolicies(api);
  await applyDocuments(api, [{ apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }]);
  const requests = createGuardRequests({
    api,
    createPod: (request, query) => {
      const metadata = { ...request.object?.metadata, namespace: request.namespace };
      const body = { ...request.object, metadata };
      return api.call({ method: 'POST', path: pathOf(request) + query, body, ...asUser(request) });
    },
  });
  const nodesPods = new Map<string, object>();
  const keyOf = ({ namespace = '', name = '', object }: AdmissionRequest): string =>
    JSON.stringify([namespace, name, audiencesOf(object)]);

  /** With its own rights and no others. */
  const askAsKubelet = async (request: AdmissionRequest): Promise<ApiAnswer> => {
    const { spec } = request.object as { spec: object }; // a TokenRequest
    const body = { ...request.object, spec: { ...spec, boundObjectRef: nodesPods.get(keyOf(request)) } };
    return await kubelet.call({ method: 'POST', path: `${pathOf(request)}?dryRun=All`, body });
  };

  return {
    use: (documents) => policies.use([...documents, ...documents.flatMap(witness)]),
    prepare: async (all) => {
      await policies.use([]);
      await makeNamespaces(api, all.map(placeOf));
      await Promise.all(all.map((request) => requests.prepare(request)));
      for (const request of all.filter(asksForToken)) {
        const [audience] = audiencesOf(request.object);
        if (!nodesPods.has(keyOf(request)))
          nodesPods.set(keyOf(request), await podOnNode(api, request, audience));
      }
    },
    review: async (request) =>
      verdictOf(await (asksForToken(request) ? askAsKubelet(request) : requests.send(request))),
  };
}

let judge: Promise<GuardJudge> | undefined;

/** One per process. */
export function guardJudge(): Promise<GuardJudge> {
  return (judge ??= start());
}
