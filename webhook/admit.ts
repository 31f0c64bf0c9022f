/**
 * Admission of one session pod: plan, resolve, unwrap, create Lease and Secret, patch. Zone 2;
 * docs/design.md#admission. Pure except for its ports. Any failure refuses the pod; the janitor cleans up
 * what was created by then.
 */
import { createHash } from 'node:crypto';
import type { Place } from '#envelope/place.ts';
import { ok, type Result } from '#envelope/result.ts';
import { additionsOf, payloadBytes, type RenderConfig, type Session } from './additions.ts';
import { hasAnnotations } from './annotations.ts';
import { meshWarnings } from './neighbours.ts';
import { patchOf } from './patch.ts';
import { planSession, type Plan, type PlanConfig } from './plan.ts';
import { parsePod, PodShapeError, type Pod, type Resources } from './pod.ts';
import { refuse, type Refusal } from './refusals.ts';
import { initResources, neededMemory } from './resources.ts';
import type { ReviewRequest, Verdict } from './review.ts';

/** A value, or why there is none. Ports never throw for what a user or a broken network can cause. */
export type Outcome<T> = Result<T, Refusal>;

export interface ResolvedSecret {
  readonly id: string;
  readonly name: string;
  /** Plaintext bytes. */
  readonly size: number;
  readonly envelope: string;
}

export interface Resolved {
  readonly sid: string;
  readonly ticket: string;
  readonly secrets: readonly ResolvedSecret[];
}

/** What keyservice and console returned for one session. */
export interface Unwrapped {
  readonly tokens: readonly { readonly id: string; readonly token: string }[];
  readonly grant: string;
}

/** Everything that the session's Secret holds. */
interface SessionContent extends Unwrapped {
  readonly sid: string;
  readonly namespace: string;
  readonly ca: string;
}

/** `deadline` is an instant of the monotonic clock, in ms: the API server does not wait longer. */
export interface AdmitPorts {
  readonly resolve: (plan: Plan, deadline: number) => Promise<Outcome<Resolved>>;
  /** Like `resolve`, but opens no session and returns only sizes. */
  readonly dryRunSizes: (plan: Plan, deadline: number) => Promise<Outcome<ReadonlyMap<string, number>>>;
  readonly unwrap: (resolved: Resolved, place: Place, deadline: number) => Promise<Outcome<Unwrapped>>;
  readonly createSession: (session: SessionContent, deadline: number) => Promise<Outcome<undefined>>;
  /** PEM of the roots that the init container is to trust: two while one replaces the other. */
  readonly claimCa: () => string;
  /** Why this service account cannot have a Secret mounted, or undefined. */
  readonly accountRefusal: (
    namespace: string,
    name: string,
    deadline: number,
  ) => Promise<Refusal | undefined>;
  /** Why this cluster cannot set variables from files, or undefined. */
  readonly variablesRefusal: (deadline: number) => Promise<Refusal | undefined>;
}

export type AdmitConfig = PlanConfig & RenderConfig;

/** What happened, for audit and metrics. */
export interface Admission {
  readonly verdict: Verdict;
  readonly outcome: 'injected' | 'untouched' | 'refused';
  readonly plan: Plan | undefined;
  readonly sid: string | undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
const ZEROS = '0'.repeat(64);

export function createAdmit(ports: AdmitPorts, config: AdmitConfig) {
  const refused = (refusals: readonly Refusal[], plan?: Plan, sid?: string): Admission => ({
    verdict: { allowed: false, refusals },
    outcome: 'refused',
    plan,
    sid,
  });

  const rendered = (pod: Pod, plan: Plan, session: Session, warnings: readonly string[]): Admission => ({
    verdict: {
      allowed: true,
      patch: patchOf(pod, additionsOf(plan, session, config)),
      warnings: [...plan.warnings, ...meshWarnings(pod, config.claimUrl), ...warnings],
    },
    outcome: 'injected',
    plan,
    sid: session.sid,
  });

  const resourcesOf = (pod: Pod, plan: Plan, sizes: Session['sizes']): Outcome<Resources> => {
    const payload = payloadBytes(plan, sizes);
    const resources = initResources(pod, payload);
    if (resources) return ok(resources);
    const why = 'the pod’s memory limit leaves too little for the init container and the secrets';
    const next = `raise it to at least ${neededMemory(payload)} (a limit that the pod does not set is a LimitRange’s default)`;
    return { ok: false, refusal: refuse('memory_too_small', `${why}; ${next}`) };
  };

  const dryRun = async (pod: Pod, plan: Plan, deadline: number): Promise<Admission> => {
    const sizes = await ports.dryRunSizes(plan, deadline);
    if (!sizes.ok) return refused([sizes.refusal], plan);
    const resources = resourcesOf(pod, plan, sizes.value);
    if (!resources.ok) return refused([resources.refusal], plan);
    const session = {
      sid: ZEROS.slice(32),
      grantSha256: ZEROS,
      caSha256: ZEROS,
      sizes: sizes.value,
      resources: resources.value,
    };
    return rendered(pod, plan, session, [
      'twofold: dry run, so nothing was created; session id and hashes are zeros',
    ]);
  };

  const inject = async (pod: Pod, plan: Plan, deadline: number): Promise<Admission> => {
    const resolved = await ports.resolve(plan, deadline);
    if (!resolved.ok) return refused([resolved.refusal], plan);
    const { sid, secrets } = resolved.value;
    const sizes = new Map(secrets.map(({ name, size }) => [name, size]));
    const resources = resourcesOf(pod, plan, sizes);
    if (!resources.ok) return refused([resources.refusal], plan, sid);
    const unwrapped = await ports.unwrap(resolved.value, plan.place, deadline);
    if (!unwrapped.ok) return refused([unwrapped.refusal], plan, sid);
    const ca = ports.claimCa();
    const content = { ...unwrapped.value, sid, namespace: plan.place.ns, ca };
    const created = await ports.createSession(content, deadline);
    if (!created.ok) return refused([created.refusal], plan, sid);
    const session = {
      sid,
      grantSha256: sha256(unwrapped.value.grant),
      caSha256: sha256(ca),
      sizes,
      resources: resources.value,
    };
    return rendered(pod, plan, session, []);
  };

  /** Never rejects for anything that a review, a user or a broken network can cause. */
  return async (request: ReviewRequest, deadline: number): Promise<Admission> => {
    const untouched: Admission = {
      verdict: { allowed: true, patch: [], warnings: [] },
      outcome: 'untouched',
      plan: undefined,
      sid: undefined,
    };
    if (!request.createsPod) return untouched;
    let pod: Pod;
    try {
      pod = parsePod(request.object);
    } catch (error) {
      if (!(error instanceof PodShapeError)) throw error;
      return refused([
        refuse(
          'pod_unsupported',
          `the review contains no pod: ${error.message}; send it through the API server`,
        ),
      ]);
    }
    if (!hasAnnotations(pod)) return untouched;
    const planned = planSession(pod, request, config);
    if (!planned.ok) return refused(planned.refusals);
    const { plan } = planned;
    const unable =
      (await ports.accountRefusal(plan.place.ns, plan.place.sa, deadline)) ??
      (plan.variables.length > 0 ? await ports.variablesRefusal(deadline) : undefined);
    if (unable) return refused([unable], plan);
    return await (request.dryRun ? dryRun : inject)(pod, plan, deadline);
  };
}

export type Admit = ReturnType<typeof createAdmit>;
