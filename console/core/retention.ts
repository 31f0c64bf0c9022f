/**
 * Retention: deletes rows that are no longer needed. Zone 1; docs/design.md#clean-up.
 *
 * A claim is checked against its session's row, and the bound pod may claim again as long as it exists (a node
 * reboot runs init containers again), whatever `exp` says. So a session goes only when its ticket has ended, its `exp`
 * and its last claim lie behind the horizon, and no claim can succeed any more, because
 * - no pod is bound: a first claim is refused after `exp`; or
 * - the ticket is revoked: every claim is refused, and a revocation is never undone; or
 * - the bound pod is gone: its uid never comes back. Only the API server knows; without an answer the row stays.
 *
 * A ticket goes when it has ended and has no sessions left: a ticket without a row counts as revoked, so neither
 * `resolve` nor `claim` accepts it. A reservation goes when it has expired. Logins and audit go by age alone.
 */
import type { SessionId } from '#envelope/names.ts';
import type { Cluster } from './cluster.ts';

/** In the order in which they go. */
export const prunables = ['sessions', 'tickets', 'reservations', 'logins', 'audit'] as const;
export type Prunable = (typeof prunables)[number];
export type Counts = Readonly<Record<Prunable, number>>;

/** Milliseconds since 1970; undefined: kept forever. */
export interface Horizons {
  readonly now: number;
  readonly sessions: number;
  readonly logins: number | undefined;
  readonly audit: number | undefined;
}

/** Sessions for which only the API server can tell. */
export interface BoundSession {
  readonly sid: SessionId;
  readonly ns: string;
  readonly pod: string;
  readonly podUid: string;
}

export interface RetentionStore {
  /** What `prune`, repeated until nothing is left, would delete; bound sessions are not included. */
  count(what: Prunable, horizons: Horizons): Promise<number>;
  /** At most `limit` of them. */
  prune(what: Prunable, horizons: Horizons, limit: number): Promise<number>;
  countBound(horizons: Horizons): Promise<number>;
  /** By session id, starting after `after`. */
  listBound(
    horizons: Horizons,
    page: { limit: number; after?: SessionId | undefined },
  ): Promise<BoundSession[]>;
  /** Those that are still bound to this pod. */
  deleteBound(session: BoundSession): Promise<number>;
}

/** Days; 0 keeps logins or audit forever. */
interface RetentionConfig {
  readonly sessionDays: number;
  readonly loginDays: number;
  readonly auditDays: number;
}

export interface Retention {
  horizons(): Horizons;
  /** How much would go, and how many sessions wait for their pods to end. */
  preview(): Promise<{ readonly counts: Counts; readonly bound: number }>;
  /** Deletes in small steps, as long as `goOn` returns true. */
  sweep(goOn?: () => boolean): Promise<Counts>;
}

interface Ports {
  readonly store: RetentionStore;
  /** If absent, sessions that are bound to a pod stay. */
  readonly cluster?: Pick<Cluster, 'getPod'>;
  readonly clock: () => number;
}

const DAY_MS = 86_400_000;
/** Few enough that nobody waits long for the locks. */
const STEP = 500;

export function createRetention({ store, cluster, clock }: Ports, config: RetentionConfig): Retention {
  const horizons = (): Horizons => {
    const now = clock();
    const before = (days: number): number | undefined => (days === 0 ? undefined : now - days * DAY_MS);
    return {
      now,
      sessions: now - config.sessionDays * DAY_MS,
      logins: before(config.loginDays),
      audit: before(config.auditDays),
    };
  };

  /** Undefined if the API server gave no usable answer. */
  const isGone = async ({ ns, pod, podUid }: BoundSession): Promise<boolean | undefined> => {
    const result = await cluster?.getPod(ns, pod);
    return result && 'answer' in result ? result.answer?.uid !== podUid : undefined;
  };

  const sweepBound = async (at: Horizons, goOn: () => boolean): Promise<number> => {
    let count = 0;
    let after: SessionId | undefined;
    while (goOn()) {
      const page = await store.listBound(at, { limit: STEP, after });
      for (const session of page) {
        const gone = goOn() ? await isGone(session) : undefined;
        if (gone === undefined) return count;
        if (gone) count += await store.deleteBound(session);
      }
      after = page.at(-1)?.sid;
      if (page.length < STEP) break;
    }
    return count;
  };

  const prune = async (what: Prunable, at: Horizons, goOn: () => boolean): Promise<number> => {
    let count = 0;
    for (let step = STEP; step === STEP && goOn(); count += step) step = await store.prune(what, at, STEP);
    return count;
  };

  return {
    horizons,
    preview: async () => {
      const at = horizons();
      const counted = await Promise.all(prunables.map(async (what) => [what, await store.count(what, at)]));
      // Every prunable has been counted.
      return { counts: Object.fromEntries(counted) as Counts, bound: await store.countBound(at) };
    },
    sweep: async (goOn = () => true) => {
      const at = horizons();
      const bound = cluster ? await sweepBound(at, goOn) : 0;
      const counts: Record<Prunable, number> = {
        sessions: bound,
        tickets: 0,
        reservations: 0,
        logins: 0,
        audit: 0,
      };
      for (const what of prunables) counts[what] += await prune(what, at, goOn);
      return counts;
    },
  };
}
