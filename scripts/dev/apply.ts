/** Documents applied to a real API server, and the wait until its policies are in force. Development tool, no zone. */
import { randomBytes } from 'node:crypto';
import { urlPath } from '#envelope/url-path.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { askUntil } from './ask-until.ts';
import type { Api } from './api.ts';

/** The collection of this kind, by the rule that Kubernetes' own kinds follow. */
function collectionOf({ apiVersion = '', kind = '', metadata }: KubernetesObject): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata?.namespace === undefined ? '' : urlPath`/namespaces/${metadata.namespace}`;
  return `${group}${namespace}/${kind.toLowerCase().replace(/y$/, 'ie')}s`;
}

function pathOf(document: KubernetesObject): string {
  return collectionOf(document) + urlPath`/${document.metadata?.name ?? ''}`;
}

/** One after the other, so that a namespace exists before its contents. */
export async function applyDocuments(
  api: Api,
  documents: readonly KubernetesObject[],
  { dryRun = false } = {},
): Promise<void> {
  const query = `fieldManager=development&force=true${dryRun ? '&dryRun=All' : ''}`;
  for (const document of documents) {
    await api.must({
      method: 'PATCH',
      path: `${pathOf(document)}?${query}`,
      body: document,
      contentType: 'application/apply-patch+yaml',
    });
  }
}

export async function deleteDocuments(api: Api, documents: readonly KubernetesObject[]): Promise<void> {
  for (const document of documents) await api.call({ method: 'DELETE', path: pathOf(document) });
}

const POLICIES = 'admissionregistration.k8s.io/v1';
const IN_FORCE_WITHIN_MS = 60_000;

/** A policy that refuses one ConfigMap, which is only ever created as a dry run. */
function probe(name: string): KubernetesObject[] {
  const resourceRules = [
    { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
  ];
  const policy = {
    apiVersion: POLICIES,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules },
      validations: [{ expression: `object.metadata.name != '${name}'` }],
    },
  };
  const binding = {
    apiVersion: POLICIES,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  };
  return [policy, binding];
}

/**
 * Resolves once every policy and binding written before this call is in force, and none that was deleted. An
 * API server sees policies in the order in which they were written, and bindings likewise, and takes all that it saw
 * at once: when it judges by a policy and binding that were written last, it judges by all.
 */
export async function untilInForce(api: Api): Promise<void> {
  const name = `probe-${randomBytes(6).toString('hex')}`;
  const documents = probe(name);
  await applyDocuments(api, documents);
  const tried = { method: 'POST', path: '/api/v1/namespaces/default/configmaps?dryRun=All' } as const;
  const refused = await askUntil(
    () => api.call({ ...tried, body: { metadata: { name } } }),
    ({ message }) => message.includes(`'${name}'`),
    { withinMs: IN_FORCE_WITHIN_MS, everyMs: 50 },
  );
  await deleteDocuments(api, documents);
  if (!refused.message.includes(`'${name}'`))
    throw new Error(`policies are not in force after ${IN_FORCE_WITHIN_MS / 1000} s: ${refused.message}`);
}
