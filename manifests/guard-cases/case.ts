/**
 * A case for the guard: one request about a Kubernetes object (admission.k8s.io/v1), and which policy must refuse it.
 * Also the parts that cases are built from. No zone.
 */
import type { KubernetesObject } from '../kubernetes-object.ts';
import { sessionPod, type Container, type Pod, type Volume } from '../session-pod.ts';

/** The `request` of an AdmissionReview (v1), in the parts that policies read. */
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

/** The API server's request about creating this pod. */
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

/** In another namespace than its sessions. */
export const HUB_ACCOUNT = { namespace: 'hub', name: 'hub' } as const;
export const HUB = 'system:serviceaccount:hub:hub';
export const HUB_POD = 'ec2a2ddb-330e-4a78-9134-650a98ecc406';
export const OUTSIDE = 'spawner@example.org';
export const USER_KEY = 'hub.jupyter.org/username';
export const LAUNCHERS = `${HUB} sessions ${USER_KEY}\n${OUTSIDE} sessions ${USER_KEY}\nsystem:serviceaccount:other-hub:hub other ${USER_KEY}\n`;
export const WEBHOOK = 'system:serviceaccount:twofold-webhook:webhook';

export interface GuardCase {
  readonly title: string;
  readonly request: AdmissionRequest;
  /** The policy that must refuse; none: the request passes every policy. */
  readonly denied?: string;
  /** What the first refusal, or the warning, must mention. */
  readonly says?: RegExp;
  readonly warned?: true;
}

export const OTHER = 'f'.repeat(32);
export function container(pod: Pod, name: string): Container {
  const found = [...pod.spec.initContainers, ...pod.spec.containers].find((c) => c.name === name);
  if (!found) throw new Error(`the pod has no container ${name}`);
  return found;
}
export function volume(pod: Pod, name: string): Volume {
  const found = pod.spec.volumes.find((v) => v.name === name);
  if (!found) throw new Error(`the pod has no volume ${name}`);
  return found;
}
export function init(pod: Pod): Container {
  return container(pod, 'twofold-init');
}
export function tokenSource(audience: string): Record<string, unknown> {
  return {
    serviceAccountToken: { audience, expirationSeconds: 600, path: 'token' },
  };
}

export type Change = (pod: Pod) => void;

export function changed(pod: Pod, change: Change): Pod {
  change(pod);
  return pod;
}

/** A rendered pod with one thing changed: refused, and the refusal mentions it. */
export function tampered(title: string, says: RegExp, change: Change): GuardCase {
  return { title, denied: 'twofold-shape', says, request: podCreation(changed(sessionPod(), change)) };
}
