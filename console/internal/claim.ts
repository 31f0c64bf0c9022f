/** `POST /internal/v1/claim`, for init containers with the token of their session. Zone 1; design §5 and §6 step 5. */
import type { Express, Request } from 'express';
import { encodeBase64url } from '#envelope/base64url.ts';
import { MAX_CLAIM_BODY_BYTES } from '#envelope/limits.ts';
import type { Log } from '#platform/log.ts';
import type { Claim } from '../core/claim.ts';
import { done, type Outcome } from '../core/outcome.ts';
import type { Answer } from '../http/answer.ts';
import { parseBody } from '../http/body.ts';
import type { Observer } from '../http/observe.ts';
import type { RateLimits } from '../http/rate-limit.ts';
import { createInternalApp } from './app.ts';
import { claimBody } from './schemas.ts';

interface Ports {
  readonly claim: Claim;
  readonly limits: RateLimits;
  readonly observer: Observer;
  readonly log: Log;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

const answer = async (claim: Claim, request: Request): Promise<Outcome<Answer>> => {
  const body = parseBody(claimBody, request);
  if (!body.ok) return body;
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const claimed = await claim.claim({ grant: body.value.grant, token });
  if (!claimed.ok) return claimed;
  try {
    const keys = claimed.value.map(({ id, key }) => ({ id, key: encodeBase64url(key) }));
    return done({ status: 200, body: { keys } });
  } finally {
    for (const { key } of claimed.value) key.fill(0);
  }
};

export const createClaimApp = ({ claim, limits, observer, log }: Ports): Express =>
  createInternalApp({
    path: '/internal/v1/claim',
    operation: 'claim',
    before: [limits.limit(() => undefined)],
    maxBodyBytes: MAX_CLAIM_BODY_BYTES,
    route: (request) => answer(claim, request),
    ...{ observer, log },
  });
