/** Names and shapes of what Twofold adds to a pod and creates alongside it. Zone 2; docs/design.md#pod. */
import { SESSION_LABEL, sessionObjectName } from '#envelope/annotations.ts';

export const INIT_CONTAINER = 'twofold-init';
export const VOLUME_PREFIX = 'twofold-';
export const volumes = {
  /** The session's Secret: inner tokens, grant, root certificates. */
  session: 'twofold-session',
  /** The service-account token that `claim` requires. */
  token: 'twofold-token',
  /** What the user's code reads. */
  files: 'twofold-files',
  /** What the kubelet reads for environment variables. */
  env: 'twofold-env',
} as const;

/** Mount paths inside the init container. The token's keeps the ServiceAccount plugin from mounting the API token. */
export const initMounts = {
  session: '/twofold/session',
  token: '/var/run/secrets/kubernetes.io/serviceaccount',
  files: '/twofold/files',
  env: '/twofold/env',
} as const;

/** The file in the env volume that holds every variable. */
export const ENV_FILE = 'env';
const SECRET_TYPE = 'twofold.dev/session';
export const HOLDER = 'twofold-webhook';

interface LeaseSpec {
  readonly sid: string;
  readonly namespace: string;
  readonly nowMs: number;
  readonly graceSeconds: number;
}

/** The Lease owns the Secret until the pod exists to own the Lease: a mutating webhook cannot know the pod's uid. */
export function sessionLease({ sid, namespace, nowMs, graceSeconds }: LeaseSpec): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: sessionObjectName(sid), namespace, labels: { [SESSION_LABEL]: sid } },
    spec: {
      holderIdentity: HOLDER,
      leaseDurationSeconds: graceSeconds,
      // metav1.MicroTime.
      renewTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
    },
  };
}

interface SecretSpec {
  readonly sid: string;
  readonly namespace: string;
  readonly leaseUid: string;
  readonly tokens: readonly { readonly id: string; readonly token: string }[];
  readonly grant: string;
  readonly ca: string;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Keys are secret ids, UUIDs, so that a secret may be called `ca.crt` or `grant`. */
export function sessionSecret({ sid, namespace, leaseUid, tokens, grant, ca }: SecretSpec): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: SECRET_TYPE,
    immutable: true,
    metadata: {
      name: sessionObjectName(sid),
      namespace,
      labels: { [SESSION_LABEL]: sid },
      ownerReferences: [
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: sessionObjectName(sid), uid: leaseUid },
      ],
    },
    data: {
      ...Object.fromEntries(tokens.map(({ id, token }) => [id, base64(token)])),
      grant: base64(grant),
      'ca.crt': base64(ca),
    },
  };
}
