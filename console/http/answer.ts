/**
 * A route's answer, and how it is sent: JSON, or a problem document from the one table. Zone 1;
 * docs/design.md#refusals.
 */
import type { Request, Response } from 'express';
import { problemBody, PROBLEM_TYPE } from '#platform/problem.ts';
import type { Outcome, Refusal } from '../core/outcome.ts';
import { refusals } from '../refusals.ts';

export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

function sendAnswer(response: Response, { status, body, headers = {} }: Answer): void {
  response.status(status).set(headers);
  if (body === undefined) response.end();
  // Not `send`, which answers 304 of its own to some.
  else response.type('application/json').end(JSON.stringify(body));
}

const refusalOf = new WeakMap<Response, Refusal>();

/** For an answer that reports its refusal other than by a problem document. */
export function noteRefusal(response: Response, refusal: Refusal): void {
  refusalOf.set(response, refusal);
}

/** The refusal that was sent, for log and metrics. */
export function refusalSent(response: Response): Refusal | undefined {
  return refusalOf.get(response);
}

export function sendProblem(response: Response, refusal: Refusal): void {
  const { code, detail, retryAfterSeconds } = refusal;
  const kind = refusals[code];
  refusalOf.set(response, refusal);
  response.status(kind.status).type(PROBLEM_TYPE);
  const retryAfter = retryAfterSeconds ?? (kind.status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) response.set('retry-after', String(retryAfter));
  response.send(JSON.stringify(problemBody(kind, { code, detail })));
}

/** A route: its answer, or a refusal. */
export type Route = (request: Request) => Promise<Outcome<Answer>>;

export function answering(route: Route) {
  return async (request: Request, response: Response): Promise<void> => {
    const outcome = await route(request);
    if (outcome.ok) sendAnswer(response, outcome.value);
    else sendProblem(response, outcome.refusal);
  };
}
