/**
 * What the webhook writes to the Kubernetes API for one session: a Lease, then the Secret it owns. Zone 2;
 * docs/design.md#clean-up.
 */
import { annotations } from '#envelope/annotations.ts';
import { urlPath } from '#envelope/url-path.ts';
import { ok } from '#envelope/result.ts';
import type { Clock } from '#platform/clock.ts';
import type { KubernetesApi, KubernetesRefusal } from '#platform/kubernetes.ts';
import type { AdmitPorts } from './admit.ts';
import { refuse, type Refusal } from './refusals.ts';
import { sessionLease, sessionSecret } from './session-objects.ts';

interface SessionsPorts {
  readonly api: KubernetesApi;
  /** For people who read the Lease. */
  readonly clock: Clock;
  /** Of deadlines: a clock that nobody sets. */
  readonly monotonic: Clock;
}

interface SessionsConfig {
  readonly graceSeconds: number;
}

/** A quota's refusal has the status, reason and details of any forbidden request: only its text tells them apart. */
const EXCEEDED = /exceeded quota: .*/;

function refusalOf(what: string, { status, reason, message }: KubernetesRefusal): Refusal {
  const exceeded = status === 403 ? EXCEEDED.exec(message)?.[0] : undefined;
  if (exceeded !== undefined) {
    const next =
      'each session needs a Secret and a Lease until its pod ends, so end one, or ask the cluster’s operator for a larger quota';
    return refuse(
      'object_quota_exceeded',
      `the namespace’s quota has no room for the session’s ${what} (${exceeded}); ${next}`,
    );
  }
  return refuse(
    'kubernetes_unavailable',
    `the session’s ${what} could not be created (${reason}: ${message}); try again, or tell the cluster’s operator`,
  );
}

const ACCOUNT_FOR_MS = 30_000;
const MAX_ACCOUNTS = 1000;
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';

/** The first with `fileKeyRef` on: an older kubelet silently sets the variable to empty. */
const VARIABLES_SINCE = 35;

/** `version.Info` of apimachinery. */
interface Version {
  readonly major?: string;
  readonly minor?: string;
  readonly gitVersion?: string;
}

interface Account {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

export function createSessions({ api, clock, monotonic }: SessionsPorts, config: SessionsConfig) {
  const accounts = new Map<string, { readonly until: number; readonly refusal: Refusal | undefined }>();
  let variablesKnown: { readonly refusal: Refusal | undefined } | undefined;
  /** Time left for this admission, at least 1 ms: `call` refuses an answer that comes too late. */
  const timeLeft = (deadline: number): number => Math.max(deadline - monotonic(), 1);

  const createSession: AdmitPorts['createSession'] = async (content, deadline) => {
    const { sid, namespace } = content;
    const lease = await api.create<{ metadata?: { uid?: unknown } }>(
      urlPath`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      sessionLease({ sid, namespace, nowMs: clock(), graceSeconds: config.graceSeconds }),
      timeLeft(deadline),
    );
    if (!lease.ok) return { ok: false, refusal: refusalOf('Lease', lease) };
    const leaseUid = lease.object.metadata?.uid;
    if (typeof leaseUid !== 'string') {
      const malformed = {
        ok: false,
        status: 0,
        reason: 'Malformed',
        message: 'it came back without a uid',
      } as const;
      return { ok: false, refusal: refusalOf('Lease', malformed) };
    }
    const secret = await api.create(
      urlPath`/api/v1/namespaces/${namespace}/secrets`,
      sessionSecret({ ...content, leaseUid }),
      timeLeft(deadline),
    );
    return secret.ok ? ok(undefined) : { ok: false, refusal: refusalOf('Secret', secret) };
  };

  /** Requested at most every 30 s per account. Refusing a missing account is left to the API server. */
  const accountRefusal: AdmitPorts['accountRefusal'] = async (namespace, name, deadline) => {
    const key = `${namespace}/${name}`;
    const known = accounts.get(key);
    if (known && known.until > monotonic()) return known.refusal;
    const account = urlPath`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
    const found = await api.get<Account>(account, timeLeft(deadline));
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
    accounts.set(key, { until: monotonic() + ACCOUNT_FOR_MS, refusal });
    return refusal;
  };

  /** Requested until it is known: a cluster is not downgraded. Nodes may be: an installation's self-test checks them. */
  const variablesRefusal: AdmitPorts['variablesRefusal'] = async (deadline) => {
    if (variablesKnown) return variablesKnown.refusal;
    const found = await api.get<Version>('/version', timeLeft(deadline));
    if (!found.ok) {
      const why = `the version of the API server could not be read (${found.reason})`;
      return refuse('kubernetes_unavailable', `${why}; try again, or tell the cluster’s operator`);
    }
    const { major = '', minor = '', gitVersion = 'of unknown version' } = found.object;
    // Managed clusters write `35+`.
    const able = Number(major) > 1 || (major === '1' && Number.parseInt(minor, 10) >= VARIABLES_SINCE);
    const why = `variables need Kubernetes 1.${VARIABLES_SINCE}, but this cluster is ${gitVersion}`;
    const next = `remove ${annotations.variables.key} and read the secret as a file`;
    const refusal = able
      ? undefined
      : refuse('env_unsupported', `${why}; ${next}`, annotations.variables.key);
    variablesKnown = { refusal };
    return refusal;
  };

  return { createSession, accountRefusal, variablesRefusal };
}
