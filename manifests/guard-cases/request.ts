/** What the guard is asked: a request about a Kubernetes object. No zone; admission.k8s.io/v1. */
import type { KubernetesObject } from '../kubernetes-object.ts';

/** The `request` of an AdmissionReview (v1), as far as policies look at it. */
export interface AdmissionRequest {
  readonly operation: string;
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly userInfo: {
    readonly username?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly dryRun?: boolean;
  readonly object?: KubernetesObject | null;
  readonly oldObject?: KubernetesObject | null;
}

/** What an API server says of a user whose token is bound to a pod. */
export function boundTo(podUid: string): Record<string, string[]> {
  return {
    'authentication.kubernetes.io/pod-uid': [podUid],
  };
}

/** The API server's question about creating this pod. */
export function podCreation(
  pod: KubernetesObject,
  {
    username = 'alice',
    namespace = 'sessions',
    boundPodUid,
  }: { username?: string; namespace?: string; boundPodUid?: string | undefined } = {},
): AdmissionRequest {
  const extra = boundPodUid === undefined ? {} : boundTo(boundPodUid);
  return {
    operation: 'CREATE',
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace,
    name: pod.metadata?.name ?? '',
    userInfo: { username, groups: ['system:authenticated'], extra },
    object: pod,
  };
}
