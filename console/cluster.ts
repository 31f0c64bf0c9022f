/**
 * The Kubernetes API as the use cases see it: TokenReview, one pod, one namespace, the guard. Zone 1;
 * docs/design.md#claim, docs/design.md#namespaces and docs/design.md#guard.
 */
import { z } from 'zod';
import { urlPath } from '#envelope/url-path.ts';
import type { KubernetesAnswer, KubernetesApi, KubernetesRefusal } from '#platform/kubernetes.ts';
import type { ClusterAnswer, Cluster } from './core/cluster.ts';
import type { GuardPolicy } from './core/guard.ts';

interface ClusterReader extends Cluster {
  /** Undefined if the policy or its binding does not exist or cannot be read. */
  readGuardPolicy(name: string): Promise<GuardPolicy | undefined>;
}

const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

const strings = z.record(z.string(), z.string()).default({});
const tokenReviewSchema = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).default([]),
    user: z
      .object({
        username: z.string().default(''),
        extra: z.record(z.string(), z.array(z.string())).default({}),
      })
      .optional(),
  }),
});
const podSchema = z.object({
  metadata: z.object({ uid: z.string(), labels: strings, annotations: strings }),
});
const namespaceSchema = z.object({ metadata: z.object({ labels: strings }) });
/** The API server writes empty selectors where none was given. */
const selector = z
  .object({ matchLabels: z.record(z.string(), z.unknown()), matchExpressions: z.array(z.unknown()) })
  .partial()
  .default({});
const rules = z.array(z.unknown()).default([]);
const policySchema = z.object({
  spec: z.object({
    failurePolicy: z.string().optional(),
    matchConstraints: z.object({ namespaceSelector: selector, excludeResourceRules: rules }).optional(),
    variables: z.array(z.object({ name: z.string(), expression: z.string() })).default([]),
  }),
});
const bindingSchema = z.object({
  spec: z.object({
    policyName: z.string(),
    validationActions: z.array(z.string()).default([]),
    matchResources: z
      .object({
        namespaceSelector: selector,
        objectSelector: selector,
        resourceRules: rules,
        excludeResourceRules: rules,
      })
      .optional(),
  }),
});

function selects({ matchLabels = {}, matchExpressions = [] }: z.infer<typeof selector>): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length > 0;
}

/** Whether one of the two covers less than the guard as shipped, which excludes nothing and binds everywhere. */
function isNarrowed(
  { matchConstraints }: z.infer<typeof policySchema>['spec'],
  { matchResources }: z.infer<typeof bindingSchema>['spec'],
): boolean {
  const selectors = [
    matchConstraints?.namespaceSelector,
    matchResources?.namespaceSelector,
    matchResources?.objectSelector,
  ];
  const lists = [
    matchConstraints?.excludeResourceRules,
    matchResources?.resourceRules,
    matchResources?.excludeResourceRules,
  ];
  return selectors.some((each) => each && selects(each)) || lists.some((each) => each && each.length > 0);
}

/** From the literal that settings.yaml writes into the variable `launchers`. */
function launcherLines({ variables }: z.infer<typeof policySchema>['spec']): readonly string[] | undefined {
  const expression = variables.find(({ name }) => name === 'launchers')?.expression.trim();
  return /^r'''([^']*)'''$/.exec(expression ?? '')?.[1]?.split('\n');
}

function words({ status, reason }: KubernetesRefusal): string {
  return `${status} ${reason}`;
}
const NO_ANSWER = 'an answer of another shape';

/** The API server's answer, if it has this shape. */
function read<T>(schema: z.ZodType<T>, answer: KubernetesAnswer<unknown>): ClusterAnswer<T> {
  if (!answer.ok) return { unavailable: words(answer) };
  const parsed = schema.safeParse(answer.object);
  return parsed.success ? { answer: parsed.data } : { unavailable: NO_ANSWER };
}

/** A token file that cannot be read is the console's fault, and just as temporary. */
async function attempt(call: () => Promise<KubernetesAnswer<unknown>>): Promise<KubernetesAnswer<unknown>> {
  try {
    return await call();
  } catch {
    return {
      ok: false,
      status: 0,
      reason: 'Unreadable',
      message: 'the service-account token cannot be read',
    };
  }
}

export function createCluster(api: Pick<KubernetesApi, 'get' | 'create'>): ClusterReader {
  const get = (path: string): Promise<KubernetesAnswer<unknown>> => attempt(() => api.get(path));
  return {
    reviewToken: async (token, audience) => {
      const review = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences: [audience] },
      };
      const path = '/apis/authentication.k8s.io/v1/tokenreviews';
      const result = read(tokenReviewSchema, await attempt(() => api.create(path, review)));
      if ('unavailable' in result) return result;
      const { authenticated, audiences, user } = result.answer.status;
      if (!authenticated || !user || !audiences.includes(audience)) return { answer: undefined };
      const { username, extra } = user;
      return { answer: { username, podName: extra[POD_NAME]?.[0], podUid: extra[POD_UID]?.[0] } };
    },
    getPod: async (namespace, name) => {
      const answer = await get(urlPath`/api/v1/namespaces/${namespace}/pods/${name}`);
      if (!answer.ok && answer.status === 404) return { answer: undefined };
      const result = read(podSchema, answer);
      return 'unavailable' in result ? result : { answer: result.answer.metadata };
    },
    getNamespaceLabels: async (name) => {
      const answer = await get(urlPath`/api/v1/namespaces/${name}`);
      if (!answer.ok && answer.status === 404) return { answer: undefined };
      const result = read(namespaceSchema, answer);
      return 'unavailable' in result ? result : { answer: result.answer.metadata.labels };
    },
    readGuardPolicy: async (name) => {
      const [policy, binding] = await Promise.all([
        get(urlPath`/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`),
        get(urlPath`/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${name}`),
      ]);
      const found = read(policySchema, policy);
      const bound = read(bindingSchema, binding);
      if ('unavailable' in found || 'unavailable' in bound) return undefined;
      const { policyName, validationActions } = bound.answer.spec;
      return {
        failurePolicy: found.answer.spec.failurePolicy,
        boundPolicy: policyName,
        validationActions,
        narrowed: isNarrowed(found.answer.spec, bound.answer.spec),
        launchers: launcherLines(found.answer.spec),
      };
    },
  };
}
