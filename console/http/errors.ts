/** What a thrown error becomes: a problem document that shows nothing of its cause. Zone 1; design §5. */
import type { ErrorRequestHandler } from 'express';
import { describeError, type Log } from '#platform/log.ts';
import type { Refusal } from '../core/outcome.ts';
import { DatabaseError, toDatabaseError } from '../store/failure.ts';
import { sendProblem } from './answer.ts';

/** body-parser's own words for what it refuses. */
const bodyRefusals: Readonly<Record<string, Refusal>> = {
  'entity.too.large': {
    code: 'body_too_large',
    detail: 'The body is over this operation’s limit; send less.',
  },
  'encoding.unsupported': { code: 'content_type', detail: 'Content-Encoding is not taken; send plain JSON.' },
  'request.size.invalid': { code: 'body_malformed', detail: 'Content-Length is not the body’s length.' },
  'request.aborted': { code: 'body_malformed', detail: 'The body ended too early.' },
};

/** What a thrown error says to whoever asked; undefined where it is a defect. */
export const refusalOf = (thrown: unknown): Refusal | undefined => {
  const error = toDatabaseError(thrown);
  if (error instanceof URIError) {
    return { code: 'not_found', detail: 'The address holds an escape that is not UTF-8.' };
  }
  if (error instanceof DatabaseError && error.code === 'unavailable') {
    return { code: 'database_unavailable', detail: 'Nothing was changed; try again in a moment.' };
  }
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  return bodyRefusals[type];
};

/** The last handler of every app. */
export const onError =
  (log: Log): ErrorRequestHandler =>
  (thrown, _request, response, next) => {
    const error = toDatabaseError(thrown);
    const refusal = refusalOf(error);
    if (refusal?.code === 'database_unavailable')
      log.error('database unavailable', { error: describeError(error) });
    if (!refusal) log.error('request failed', { error: describeError(error) });
    if (response.headersSent) next(error);
    else
      sendProblem(
        response,
        refusal ?? { code: 'internal_error', detail: 'Nothing more can be said here; try again later.' },
      );
  };
