/** Limits on request rates, in this replica's memory. Zone 1; docs/design.md#load. */
import type { Request, RequestHandler, Response } from 'express';
import { rateLimit, type Store } from 'express-rate-limit';
import type { Refusal } from '../core/outcome.ts';
import { sendProblem } from './answer.ts';
import { senderOf } from './sender.ts';

/** Sends a refusal in the format of this address; a problem document by default. */
type SendRefusal = (request: Request, response: Response, refusal: Refusal) => void;

export interface RateLimits {
  /** Counts by what `who` returns, or by address if that is undefined. */
  limit(who: (request: Request) => string | undefined, send?: SendRefusal): RequestHandler;
}

const WINDOW_MS = 60_000;

/** Counts within one minute, the same for every key, of a clock that nobody sets: the library's own follows the time of day. */
function createStore(elapsed: () => number): Store {
  const hits = new Map<string, number>();
  let end = -Infinity;
  const countOf = (key: string): number => {
    if (elapsed() >= end) {
      hits.clear();
      end = elapsed() + WINDOW_MS;
    }
    return hits.get(key) ?? 0;
  };
  return {
    localKeys: true,
    increment: (key) => {
      const totalHits = countOf(key) + 1;
      hits.set(key, totalHits);
      // For headers, which say how long it is until then.
      return { totalHits, resetTime: new Date(Date.now() + end - elapsed()) };
    },
    decrement: (key) => void hits.set(key, Math.max(countOf(key) - 1, 0)),
    resetKey: (key) => void hits.delete(key),
  };
}

/** `elapsed`: milliseconds of a clock that nobody sets. */
export function createRateLimits(perMinute: number, elapsed: () => number): RateLimits {
  return {
    limit: (who, send = (_request, response, refusal) => sendProblem(response, refusal)) =>
      rateLimit({
        windowMs: WINDOW_MS,
        limit: perMinute,
        store: createStore(elapsed),
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        validate: { xForwardedForHeader: false, forwardedHeader: false },
        keyGenerator: (request) => who(request) ?? `address ${senderOf(request)}`,
        handler: (request, response) => {
          const detail = `At most ${perMinute} requests a minute are answered; wait for the time in Retry-After.`;
          const after = Number(response.getHeader('retry-after') ?? WINDOW_MS / 1000);
          send(request, response, { code: 'rate_limited', detail, retryAfterSeconds: after });
        },
      }),
  };
}
