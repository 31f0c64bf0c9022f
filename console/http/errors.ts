/**
 * Thrown errors as problem documents that show nothing of the cause. Zone 1;
 * docs/design.md#refusals.
 */
import type { ErrorRequestHandler } from 'express';
import { BodyError, type BodyProblem } from '#platform/body-gate.ts';
import { describeError, type Log } from '#platform/log.ts';
import type { Refusal } from '../core/outcome.ts';
import { brokenRecord, RecordError } from '../core/record-error.ts';
import { DatabaseError } from '../store/failure.ts';
import { sendProblem } from './answer.ts';

/** Why a body was not read. If it broke off, that is not an error: usually its sender hung up and gets no answer. */
const bodyRefusals: Readonly<Record<BodyProblem, Refusal>> = {
  too_large: { code: 'body_too_large', detail: 'The body is over this operation’s limit; send less.' },
  overloaded: {
    code: 'overloaded',
    detail: 'Other requests fill the console’s memory for bodies; nothing was read; try again.',
  },
  broken_off: { code: 'body_malformed', detail: 'The body ended too early.' },
};

const databaseRefusals = {
  unavailable: { code: 'database_unavailable', detail: 'Nothing was changed; try again in a moment.' },
  uncertain: {
    code: 'database_unavailable',
    detail: 'The database did not confirm the change; look whether it was made, and try again in a moment.',
  },
} as const satisfies Record<string, Refusal>;

/**
 * A thrown error as a refusal; undefined if it is a defect. Decided by its class alone: a code such as
 * ECONNRESET is the same for a database, another service, and a client that hung up.
 */
export function refusalOf(thrown: unknown): Refusal | undefined {
  if (thrown instanceof URIError) {
    return { code: 'not_found', detail: 'The address contains an escape that is not UTF-8.' };
  }
  if (thrown instanceof BodyError) return bodyRefusals[thrown.code];
  if (thrown instanceof DatabaseError && thrown.code !== 'failed') return databaseRefusals[thrown.code];
  return thrown instanceof RecordError ? brokenRecord.refusal : undefined;
}

/** Logs what an operator should know about. */
export function logFailure(log: Log, thrown: unknown): void {
  const refusal = refusalOf(thrown);
  if (!refusal) log.error('request failed', { error: describeError(thrown) });
  else if (refusal.code === 'database_unavailable')
    log.error('database unavailable', { error: describeError(thrown) });
}

/** The last handler of every app. */
export function onError(log: Log): ErrorRequestHandler {
  return (thrown, _request, response, _next) => {
    logFailure(log, thrown);
    // Half an answer cannot become another one.
    if (response.headersSent) response.destroy();
    else
      sendProblem(
        response,
        refusalOf(thrown) ?? {
          code: 'internal_error',
          detail: 'Nothing more can be said here; try again later.',
        },
      );
  };
}
