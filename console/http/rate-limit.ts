/** Limits on request rates, in this replica's memory. Zone 1; docs/design.md#load. */
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import type { Refusal } from '../core/outcome.ts';
import { sendProblem } from './answer.ts';

/** Sends a refusal in the format of this address; a problem document by default. */
type SendRefusal = (request: Request, response: Response, refusal: Refusal) => void;

export interface RateLimits {
  /** Counts by what `who` returns, or by address if that is undefined. */
  limit(who: (request: Request) => string | undefined, send?: SendRefusal): RequestHandler;
  close(): void;
}

const WINDOW_MS = 60_000;

export function createRateLimits(perMinute: number): RateLimits {
  const stores: MemoryStore[] = [];
  return {
    limit: (who, send = (_request, response, refusal) => sendProblem(response, refusal)) => {
      const store = new MemoryStore();
      stores.push(store);
      return rateLimit({
        windowMs: WINDOW_MS,
        limit: perMinute,
        store,
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        // The address is the connection's: a header must not let the client choose its counter.
        validate: { xForwardedForHeader: false, forwardedHeader: false },
        keyGenerator: (request) =>
          who(request) ?? `address ${ipKeyGenerator(request.socket.remoteAddress ?? '')}`,
        handler: (request, response) => {
          const detail = `At most ${perMinute} requests a minute are answered; wait for the time in Retry-After.`;
          const after = Number(response.getHeader('retry-after') ?? WINDOW_MS / 1000);
          send(request, response, { code: 'rate_limited', detail, retryAfterSeconds: after });
        },
      });
    },
    close: () => {
      for (const store of stores) store.shutdown();
    },
  };
}
