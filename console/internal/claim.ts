/** `POST /internal/v1/claim`, for init containers with the token of their session. Zone 1; docs/design.md#claim. */
import type { Express, Request, RequestHandler } from 'express';
import { z } from 'zod';
import { encodeBase64url } from '#envelope/base64url.ts';
import { MAX_CLAIM_BODY_BYTES, MAX_JWS_BYTES } from '#envelope/limits.ts';
import { ok } from '#envelope/result.ts';
import type { BodyGate } from '#platform/body-gate.ts';
import type { Log } from '#platform/log.ts';
import type { UseCases } from '../core/use-cases.ts';
import type { Outcome } from '../core/outcome.ts';
import { sendProblem, type Answer } from '../http/answer.ts';
import { parseBody } from '../http/body.ts';
import type { Observer } from '../http/observe.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import { bearerOf } from '../http/request.ts';
import { senderOf } from '../http/sender.ts';
import { createInternalApp } from './app.ts';

export const claimBody = z.strictObject({ grant: z.string().max(MAX_JWS_BYTES) });

interface Ports {
  readonly claim: UseCases['claim'];
  readonly limits: RateLimits;
  readonly gate: BodyGate;
  readonly observer: Observer;
  readonly log: Log;
}

/** A request without one is refused before the body is read. */
const demandToken: RequestHandler = (request, response, next) => {
  if (bearerOf(request) !== undefined) next();
  else {
    const detail = 'There is no service-account token; send it as Authorization: Bearer.';
    sendProblem(response, { code: 'token_rejected', detail });
  }
};

async function answer(claim: UseCases['claim'], request: Request): Promise<Outcome<Answer>> {
  const body = parseBody(claimBody, request);
  if (!body.ok) return body;
  const claimed = await claim({ grant: body.value.grant, token: bearerOf(request) });
  if (!claimed.ok) return claimed;
  try {
    const keys = claimed.value.map(({ id, key }) => ({ id, key: encodeBase64url(key) }));
    return ok({ status: 200, body: { keys } });
  } finally {
    for (const { key } of claimed.value) key.fill(0);
  }
}

export function createClaimApp({ claim, limits, gate, observer, log }: Ports): Express {
  return createInternalApp({
    path: '/internal/v1/claim',
    operation: 'claim',
    before: [limits.limit(() => undefined)],
    demands: [demandToken],
    body: { limitBytes: MAX_CLAIM_BODY_BYTES, who: senderOf },
    route: (request) => answer(claim, request),
    gate,
    observer,
    log,
  });
}
