/**
 * `/mutate`: bytes to a review, the verdict to bytes, audit and metrics in between. Zone 2;
 * docs/design.md#admission.
 */
import { firstFew, type AuditTrail } from '#platform/audit.ts';
import type { Clock } from '#platform/clock.ts';
import type { BodyProblem } from '#platform/body-gate.ts';
import type { HttpReply, HttpRequest } from '#platform/https-server.ts';
import { describeError, type Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { problemReply } from '#platform/problem.ts';
import type { Admission, Admit } from './admit.ts';
import { refuse } from './refusals.ts';
import { describeRefusals, encodeReview, parseReview, type ReviewRequest } from './review.ts';

const problems = {
  body_too_large: { status: 413, title: 'The review is larger than the API server would send.' },
  body_malformed: { status: 400, title: 'The body is not an AdmissionReview that Twofold understands.' },
  content_type: { status: 415, title: 'A review must be application/json.' },
  client_not_allowed: { status: 403, title: 'Only the API server may send reviews.' },
  method_not_allowed: { status: 405, title: 'A review must be sent with POST.' },
  not_found: { status: 404, title: 'There is nothing at this path.' },
  overloaded: { status: 503, title: 'The webhook is receiving as many reviews as it can hold; try again.' },
  internal: { status: 500, title: 'Twofold’s webhook failed.' },
} as const;

function problem(code: keyof typeof problems, detail: string): HttpReply {
  return problemReply(problems[code], { code, detail });
}

/** For all reviews in flight: hundreds of typical ones, four of the largest. */
export const MAX_REVIEWS_BYTES = 12 * 1024 * 1024;

/** The reply to a body that was not read, or not to its end. */
export function refuseBody(what: BodyProblem, limitBytes: number): HttpReply {
  if (what === 'too_large')
    return problem('body_too_large', `the limit is ${limitBytes} bytes; make the pod smaller`);
  if (what === 'broken_off') return problem('body_malformed', 'the review ended too early; send it again');
  const reply = problem(
    'overloaded',
    'other reviews are using all the memory reserved for reviews; try again',
  );
  return { ...reply, headers: { 'retry-after': '1' } };
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Reserved for the answer to travel and for the API server to read it. */
const MARGIN_MS = 500;

/** The API server's own deadline comes as `?timeout=10s`; it allows 1 to 30 s. */
export function timeoutOf(query: URLSearchParams): number {
  const seconds = /^(\d{1,2})s$/.exec(query.get('timeout') ?? '')?.[1];
  const ms = seconds === undefined ? DEFAULT_TIMEOUT_MS : Number(seconds) * 1000;
  return Math.max(Math.min(ms, 30_000) - MARGIN_MS, MARGIN_MS);
}

interface MutatePorts {
  readonly admit: Admit;
  readonly audit: AuditTrail;
  /** Of records. */
  readonly clock: Clock;
  /** Of deadlines and durations: a clock that nobody sets. */
  readonly monotonic: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Everything an admitted pod gets; for a refused one the count and the first few. */
function secretsOf({ outcome, plan }: Admission) {
  return {
    secretCount: plan?.names.length,
    secrets: outcome === 'refused' ? plan && firstFew(plan.names) : plan?.names,
  };
}

function codesOf({ verdict }: Admission): readonly string[] | undefined {
  return verdict.allowed ? undefined : firstFew([...new Set(verdict.refusals.map(({ code }) => code))]);
}

function auditRecord(at: number, request: ReviewRequest, admission: Admission) {
  return {
    at: new Date(at).toISOString(),
    service: 'webhook',
    action: 'admission',
    outcome: admission.outcome,
    codes: codesOf(admission),
    uid: request.uid,
    username: request.username,
    namespace: request.namespace,
    serviceAccount: admission.plan?.place.sa,
    pod: admission.plan?.place.name ?? admission.plan?.place.generateName,
    ...secretsOf(admission),
    sid: admission.sid,
    dryRun: request.dryRun,
  };
}

/** `apiserverName`: the client certificate's required common name; undefined where none is required. */
export function createMutate(ports: MutatePorts, apiserverName: string | undefined) {
  const { admit, audit, clock, monotonic, log, metrics } = ports;
  const count = metrics.counter('twofold_admissions_total', 'Reviews answered.', ['outcome', 'dry_run']);
  const observe = metrics.duration('twofold_admission_duration_seconds', 'Time to answer a review.', [
    'outcome',
  ]);

  const judge = async (request: ReviewRequest, deadline: number): Promise<Admission> => {
    try {
      return await admit(request, deadline);
    } catch (error) {
      log.error('admission failed', {
        uid: request.uid,
        namespace: request.namespace,
        error: describeError(error),
      });
      const refusals = [
        refuse('internal', 'Twofold’s webhook failed; try again, then tell the cluster’s operator'),
      ];
      return { verdict: { allowed: false, refusals }, outcome: 'refused', plan: undefined, sid: undefined };
    }
  };

  /** Recorded before it is answered; what cannot be recorded is refused. */
  const recorded = async (request: ReviewRequest, admission: Admission): Promise<Admission> => {
    if (admission.outcome === 'untouched') return admission;
    try {
      await audit.append(auditRecord(clock(), request, admission));
      return admission;
    } catch (error) {
      log.error('audit record could not be written', { uid: request.uid, error: describeError(error) });
      const refusals = [
        refuse(
          'audit_unavailable',
          'the admission could not be recorded; tell the cluster’s operator, then try again',
        ),
      ];
      return { ...admission, verdict: { allowed: false, refusals }, outcome: 'refused' };
    }
  };

  const review = async (http: HttpRequest): Promise<HttpReply> => {
    const started = monotonic();
    const request = parseReview(await http.body());
    if (typeof request === 'string') return problem('body_malformed', request);
    const admission = await recorded(request, await judge(request, started + timeoutOf(http.query)));
    const { verdict, outcome } = admission;
    count({ outcome, dry_run: String(request.dryRun) });
    observe(monotonic() - started, { outcome });
    if (!verdict.allowed) {
      log.info('refused', {
        uid: request.uid,
        namespace: request.namespace,
        username: request.username,
        reason: describeRefusals(verdict.refusals),
      });
    }
    return { status: 200, body: encodeReview(request.uid, verdict) };
  };

  return async (http: HttpRequest): Promise<HttpReply> => {
    if (http.path !== '/mutate') return problem('not_found', 'post AdmissionReviews to /mutate');
    if (http.method !== 'POST') return problem('method_not_allowed', 'post AdmissionReviews to /mutate');
    if (apiserverName !== undefined && http.client !== apiserverName) {
      return problem('client_not_allowed', `the client certificate must name ${apiserverName}`);
    }
    if (!/^application\/json(;|$)/i.test(http.contentType)) {
      return problem('content_type', 'send the review as application/json');
    }
    return await review(http);
  };
}

export function onError(log: Log) {
  return (error: unknown): HttpReply => {
    log.error('request failed', { error: describeError(error) });
    return problem('internal', 'the request could not be read or answered');
  };
}
