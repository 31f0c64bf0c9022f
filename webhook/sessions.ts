/** What the webhook writes to the Kubernetes API for one session: a Lease, then the Secret it owns. Zone 2; §6. */
import type { Clock } from '#platform/clock.ts';
import type { KubernetesApi, KubernetesRefusal } from '#platform/kubernetes.ts';
import type { AdmitPorts, Outcome } from './admit.ts';
import { refuse, type Refusal } from './refusals.ts';
import { sessionLease, sessionSecret } from './session-objects.ts';

export interface SessionsConfig {
  readonly graceSeconds: number;
}

const refusalOf = (what: string, { reason, message }: KubernetesRefusal): Refusal =>
  refuse(
    'kubernetes_unavailable',
    `the ${what} of the session could not be created (${reason}: ${message}); try again, or tell the cluster’s operator`,
  );

const ACCOUNT_FOR_MS = 30_000;
const MAX_ACCOUNTS = 1000;
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';

interface Account {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

export const createSessions = (
  { api, clock }: { readonly api: KubernetesApi; readonly clock: Clock },
  config: SessionsConfig,
) => {
  const accounts = new Map<string, { readonly until: number; readonly refusal: Refusal | undefined }>();

  const createSession: AdmitPorts['createSession'] = async (content): Promise<Outcome<undefined>> => {
    const { sid, namespace } = content;
    const lease = await api.create<{ metadata: { uid: string } }>(
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      sessionLease({ sid, namespace, nowMs: clock(), graceSeconds: config.graceSeconds }),
    );
    if (!lease.ok) return { ok: false, refusal: refusalOf('Lease', lease) };
    const leaseUid = lease.object.metadata.uid;
    const secret = await api.create(
      `/api/v1/namespaces/${namespace}/secrets`,
      sessionSecret({ ...content, leaseUid }),
    );
    return secret.ok ? { ok: true, value: undefined } : { ok: false, refusal: refusalOf('Secret', secret) };
  };

  /** Asked at most every 30 s for one account. An account that is not there is the API server's to refuse. */
  const accountRefusal: AdmitPorts['accountRefusal'] = async (namespace, name) => {
    const key = `${namespace}/${name}`;
    const known = accounts.get(key);
    if (known && known.until > clock()) return known.refusal;
    const found = await api.get<Account>(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
    if (!found.ok && found.status !== 404) {
      const why = `service account ${name} could not be read (${found.reason})`;
      return refuse('kubernetes_unavailable', `${why}; try again, or tell the cluster’s operator`);
    }
    const enforced = found.ok && found.object.metadata?.annotations?.[ENFORCE] === 'true';
    const next = `use another service account, or remove its annotation ${ENFORCE}`;
    const refusal = enforced
      ? refuse(
          'service_account_restricted',
          `service account ${name} mounts only Secrets that it lists; ${next}`,
        )
      : undefined;
    if (accounts.size >= MAX_ACCOUNTS) accounts.clear();
    accounts.set(key, { until: clock() + ACCOUNT_FOR_MS, refusal });
    return refusal;
  };

  return { createSession, accountRefusal };
};
