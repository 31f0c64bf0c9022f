/**
 * Limits on starting sessions, in this replica's memory: on `resolve` and `claim` of one namespace, on
 * refusals, and on requests for what does not exist. Zone 1; docs/design.md#load. A namespace may be a whole
 * JupyterHub: one namespace must not be able to keep others from starting, fill the audit, or find out
 * names by asking.
 */
import type { OwnerId, SessionId } from '#envelope/names.ts';
import type { Refused } from '#envelope/result.ts';
import type { Outcome, Refusal } from './outcome.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** A temporary refusal; the first of its kind is worth a record. */
interface LimitedStart extends Refused<Refusal> {
  readonly first: boolean;
}

type Check = LimitedStart | undefined;

/** Whether it is a temporary refusal after another such: the first has been recorded. */
export function isRepeated(outcome: Outcome<unknown> | LimitedStart): boolean {
  return !outcome.ok && 'first' in outcome && !outcome.first;
}

export interface StartLimits {
  /** A `resolve` begins. */
  resolve(namespace: string): Check;
  /** A `claim` whose grant is authentic begins. */
  claim(of: { readonly ns: string; readonly sid: SessionId }): Check;
  /** A `resolve` of this namespace was refused. */
  refused(namespace: string): Check;
  /** Whether there were so many misses that nothing is looked up: of launchers here, or of one about an owner. */
  mayAskIn(namespace: string): Check;
  mayAskAbout(ownerId: OwnerId, asker: string): Check;
  /** A launcher here asked for a user or a secret that does not exist. */
  missedIn(namespace: string): void;
  /** This launcher, or ticket, asked for a secret that this owner does not have. */
  missedAbout(ownerId: OwnerId, asker: string): void;
}

export interface StartLimitConfig {
  readonly startsPerMinute: number;
  readonly refusalsPerMinute: number;
  readonly unknownPerMinute: number;
}

/** A pod claims once, and again after a node reboot; a container that retries waits longer each time. */
const CLAIMS_OF_A_SESSION_PER_MINUTE = 30;

export function createStartLimits(config: StartLimitConfig, now: () => number): StartLimits {
  const { startsPerMinute, refusalsPerMinute, unknownPerMinute } = config;
  const limiter = (perMinute: number): RateLimiter => createRateLimiter(perMinute, now);
  const resolves = limiter(startsPerMinute);
  const claims = limiter(startsPerMinute);
  const sessions = limiter(CLAIMS_OF_A_SESSION_PER_MINUTE);
  const refusals = limiter(refusalsPerMinute);
  const misses = limiter(refusalsPerMinute);
  const missesOfOwners = limiter(unknownPerMinute);

  const check = (limited: ReturnType<RateLimiter['take']>, why: string): Check =>
    limited && {
      ok: false,
      refusal: {
        code: 'rate_limited',
        detail: `${why}; try again in ${limited.retryAfterSeconds} s.`,
        retryAfterSeconds: limited.retryAfterSeconds,
      },
      first: limited.first,
    };
  const most = (namespace: string, perMinute: number, what: string): string =>
    `Namespace ${namespace} has had ${perMinute} ${what} within a minute, which is the limit`;

  return {
    resolve: (ns) => check(resolves.take(ns), most(ns, startsPerMinute, 'pods admitted')),
    claim: ({ ns, sid }) =>
      check(
        sessions.take(sid),
        `Session ${sid} has claimed ${CLAIMS_OF_A_SESSION_PER_MINUTE} times within a minute, which is the limit`,
      ) ?? check(claims.take(ns), most(ns, startsPerMinute, 'claims')),
    refused: (ns) =>
      check(
        refusals.take(ns),
        `${most(ns, refusalsPerMinute, 'pods refused')}; the audit has the reasons for them`,
      ),
    mayAskIn: (ns) =>
      check(misses.look(ns), most(ns, refusalsPerMinute, 'requests for users or secrets that do not exist')),
    mayAskAbout: (ownerId, asker) =>
      check(
        missesOfOwners.look(`${ownerId} ${asker}`),
        `Secrets that do not exist were requested ${unknownPerMinute} times within a minute, which is the limit for one owner`,
      ),
    missedIn: (ns) => void misses.take(ns),
    missedAbout: (ownerId, asker) => void missesOfOwners.take(`${ownerId} ${asker}`),
  };
}
