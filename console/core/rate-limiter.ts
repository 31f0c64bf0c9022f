/**
 * How often something may happen for one key, in this replica's memory: a bucket of `perMinute` that refills
 * evenly. Zone 1; docs/design.md#load. A key needs one number (GCRA: the time at which its bucket will
 * be full again), and there are at most `MAX_KEYS`: inventing keys costs no more memory than that.
 */

export interface RateLimiter {
  /** Takes one. Undefined if there was one. */
  take(key: string): Limited | undefined;
  /** The same, without taking one. */
  look(key: string): Limited | undefined;
}

interface Limited {
  readonly retryAfterSeconds: number;
  /** The first within a minute: worth a record, unlike those after it. */
  readonly first: boolean;
}

const WINDOW_MS = 60_000;
const MAX_KEYS = 10_000;
/** Sums of fractions of a minute are not exact. */
const ROUNDING_MS = 1e-3;

/** `now` must not jump: a monotonic clock, not the time of day. */
export function createRateLimiter(perMinute: number, now: () => number, maxKeys = MAX_KEYS): RateLimiter {
  const intervalMs = WINDOW_MS / perMinute;
  /** When each bucket is full again; the least recently used first. */
  const fullAt = new Map<string, number>();
  /** When each last had a `first`. */
  const firstAt = new Map<string, number>();

  const waitMs = (key: string, at: number): number =>
    Math.max(fullAt.get(key) ?? at, at) - at - (WINDOW_MS - intervalMs) - ROUNDING_MS;

  const look = (key: string): Limited | undefined => {
    const at = now();
    const wait = waitMs(key, at);
    if (wait <= 0) return undefined;
    const first = at - (firstAt.get(key) ?? -Infinity) >= WINDOW_MS;
    if (first) firstAt.set(key, at);
    return { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)), first };
  };

  const forget = (at: number): void => {
    if (fullAt.size < maxKeys) return;
    const idle = [...fullAt].flatMap(([key, full]) => (full <= at ? [key] : []));
    // If nearly all are in use, the least recently used go too, to make room for many more.
    const enough = Math.ceil(maxKeys / 10);
    const oldest = idle.length < enough ? [...fullAt.keys()].slice(0, enough) : [];
    for (const key of [...idle, ...oldest]) {
      fullAt.delete(key);
      firstAt.delete(key);
    }
  };

  return {
    look,
    take: (key) => {
      const refused = look(key);
      if (refused) return refused;
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at) + intervalMs;
      fullAt.delete(key);
      forget(at);
      fullAt.set(key, full);
      return undefined;
    },
  };
}
