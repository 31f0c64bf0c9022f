/**
 * Which requests a policy, its binding or a webhook is about: resource rules, label selectors of objects and namespaces. No zone;
 * what Kubernetes 1.35 does, but for rules that exclude.
 */
import type { AdmissionRequest, KubernetesObject } from './request.ts';

export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
}
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}
export interface Matching {
  readonly resourceRules?: readonly Rule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}
type Labels = Readonly<Record<string, string>> | undefined;

/** A namespace has the labels that its document gives it, and the one with its name in any case. */
function namespaceLabels(documents: readonly KubernetesObject[], name: string): Labels {
  const known = documents.find(({ kind, metadata }) => kind === 'Namespace' && metadata?.name === name);
  return { ...known?.metadata?.labels, 'kubernetes.io/metadata.name': name };
}

/** Whether a policy, binding or webhook is about this request; the documents give namespaces their labels. */
export function matches(
  matching: Matching | undefined,
  request: AdmissionRequest,
  documents: readonly KubernetesObject[],
): boolean {
  const { resourceRules = [], namespaceSelector, objectSelector } = matching ?? {};
  const objects = [request.object, request.oldObject].filter(
    (object) => object !== undefined && object !== null,
  );
  return (
    (resourceRules.length === 0 || resourceRules.some((rule) => ruleMatches(rule, request))) &&
    (!request.namespace || selects(namespaceSelector, namespaceLabels(documents, request.namespace))) &&
    (!objectSelector || objects.some(({ metadata }) => selects(objectSelector, metadata?.labels)))
  );
}

function ruleMatches(rule: Rule, { operation, resource, subResource = '' }: AdmissionRequest): boolean {
  const has = (values: readonly string[] | undefined, ...wanted: string[]): boolean =>
    values?.some((value) => wanted.includes(value)) ?? false;
  const { group, version, resource: name } = resource;
  const suffix = subResource === '' ? '' : `/${subResource}`;
  return (
    has(rule.operations, operation, '*') &&
    has(rule.apiGroups, group, '*') &&
    has(rule.apiVersions, version, '*') &&
    // `pods/*` is about pods, too.
    has(rule.resources, `${name}${suffix}`, `*${suffix}`, `${name}/*`, '*/*')
  );
}

/** Whether a label selector selects these labels; no selector, or an empty one, selects all. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const has = (key: string): boolean => labels?.[key] !== undefined;
  return (
    Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels?.[key] === value) &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
      if (operator === 'Exists') return has(key);
      if (operator === 'DoesNotExist') return !has(key);
      const listed = has(key) && (values ?? []).includes(labels?.[key] ?? '');
      return operator === 'In' ? listed : !listed;
    })
  );
}
