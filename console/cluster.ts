/** The Kubernetes API as the use cases see it: TokenReview, one pod, the guard. Zone 1; design §6 step 5 and §8. */
import { z } from 'zod';
import { urlPath } from '#envelope/url-path.ts';
import type { KubernetesAnswer, KubernetesApi, KubernetesRefusal } from '#platform/kubernetes.ts';
import type { Asked, Cluster } from './core/cluster.ts';
import type { GuardPolicy } from './core/guard.ts';

export interface ClusterReader extends Cluster {
  /** Undefined where policy or binding does not exist or cannot be read. */
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
const policySchema = z.object({ spec: z.object({ failurePolicy: z.string().optional() }) });
const bindingSchema = z.object({
  spec: z.object({ policyName: z.string(), validationActions: z.array(z.string()).default([]) }),
});

const words = ({ status, reason }: KubernetesRefusal): string => `${status} ${reason}`;
const NO_ANSWER = 'an answer of another shape';

/** What the API server answered, where it is of this shape. */
const read = <T>(schema: z.ZodType<T>, answer: KubernetesAnswer<unknown>): Asked<T> => {
  if (!answer.ok) return { unavailable: words(answer) };
  const parsed = schema.safeParse(answer.object);
  return parsed.success ? { answer: parsed.data } : { unavailable: NO_ANSWER };
};

/** A token file that cannot be read is the console's own trouble, and as temporary. */
const attempt = async (
  call: () => Promise<KubernetesAnswer<unknown>>,
): Promise<KubernetesAnswer<unknown>> => {
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
};

export const createCluster = (api: Pick<KubernetesApi, 'get' | 'create'>): ClusterReader => {
  const get = (path: string): Promise<KubernetesAnswer<unknown>> => attempt(() => api.get(path));
  return {
    reviewToken: async (token, audience) => {
      const review = {
        ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
        spec: { token, audiences: [audience] },
      };
      const path = '/apis/authentication.k8s.io/v1/tokenreviews';
      const asked = read(tokenReviewSchema, await attempt(() => api.create(path, review)));
      if ('unavailable' in asked) return asked;
      const { authenticated, audiences, user } = asked.answer.status;
      if (!authenticated || !user || !audiences.includes(audience)) return { answer: undefined };
      const { username, extra } = user;
      return { answer: { username, podName: extra[POD_NAME]?.[0], podUid: extra[POD_UID]?.[0] } };
    },
    getPod: async (namespace, name) => {
      const answer = await get(urlPath`/api/v1/namespaces/${namespace}/pods/${name}`);
      if (!answer.ok && answer.status === 404) return { answer: undefined };
      const asked = read(podSchema, answer);
      return 'unavailable' in asked ? asked : { answer: asked.answer.metadata };
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
      return { failurePolicy: found.answer.spec.failurePolicy, boundPolicy: policyName, validationActions };
    },
  };
};
