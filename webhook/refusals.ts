/** Every reason why the webhook refuses, by its stable code. Zone 2; docs/design.md#refusals. */
import type { ProblemKind } from '#platform/problem.ts';

export const refusals = {
  annotation_unknown: { status: 403, title: 'The pod has an annotation that Twofold does not know.' },
  annotation_invalid: { status: 403, title: 'An annotation of the pod has an invalid value.' },
  annotation_missing: {
    status: 403,
    title: 'The pod has Twofold annotations, but none that selects a secret.',
  },
  claim_unreachable: { status: 403, title: 'The pod could not reach the console, to claim its keys.' },
  container_ambiguous: {
    status: 403,
    title: 'The pod has several containers, and nothing says which of them get the secrets.',
  },
  container_unknown: { status: 403, title: 'The pod has no container with the given name.' },
  env_unsupported: { status: 403, title: 'This Kubernetes cannot set variables from files.' },
  env_disabled: { status: 403, title: 'Environment variables are turned off on this cluster.' },
  launcher_annotation_missing: {
    status: 403,
    title: 'The launcher did not say which user it starts the pod for.',
  },
  launcher_not_pod_bound: {
    status: 403,
    title: 'The launcher’s token is not its own pod’s.',
  },
  memory_too_small: { status: 403, title: 'The pod has too little memory for its secrets.' },
  mount_path_forbidden: { status: 403, title: 'Files may not be mounted at this path.' },
  mount_path_taken: { status: 403, title: 'A container already mounts something at this path.' },
  namespace_not_enabled: { status: 403, title: 'Twofold is not enabled in this namespace.' },
  no_identity: { status: 403, title: 'Nothing says whose secrets these are.' },
  object_quota_exceeded: {
    status: 403,
    title: 'The namespace’s quota has no room for the session’s Secret or Lease.',
  },
  pod_unsupported: { status: 403, title: 'Pods of this kind cannot have Twofold secrets.' },
  reserved_names: { status: 403, title: 'The pod already carries names that are reserved for Twofold.' },
  selection_too_long: { status: 403, title: 'The selection is too long for one pod.' },
  service_account_restricted: { status: 403, title: 'The service account allows only listed Secrets.' },
  variable_taken: { status: 403, title: 'A container already sets this variable.' },
  audit_unavailable: { status: 503, title: 'The admission could not be recorded, so it was refused.' },
  console_unavailable: { status: 503, title: 'Twofold’s console did not answer.' },
  keyservice_unavailable: { status: 503, title: 'Twofold’s keyservice did not answer.' },
  kubernetes_unavailable: { status: 503, title: 'The Kubernetes API did not complete a request.' },
  internal: { status: 500, title: 'Twofold’s webhook failed.' },
} as const satisfies Record<string, ProblemKind>;

type RefusalCode = keyof typeof refusals;

/** Why a pod is refused. `code` is from the table above, or passed on from console or keyservice. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  /** The annotation that is wrong, where there is one. */
  readonly annotation?: string;
  /** What is wrong, then the next step. */
  readonly message: string;
}

export function refuse(code: RefusalCode, message: string, annotation?: string): Refusal {
  return {
    code,
    status: refusals[code].status,
    message,
    ...(annotation === undefined ? {} : { annotation }),
  };
}
