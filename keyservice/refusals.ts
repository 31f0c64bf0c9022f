/**
 * Everything the keyservice refuses: stable code, status, and one sentence for the person who must act. Zone 3;
 * docs/design.md#refusals.
 */
import type { Refused, Result } from '#envelope/result.ts';
import type { Problem, ProblemKind } from '#platform/problem.ts';

export const refusals = {
  not_found: { status: 404, title: 'There is no such path.' },
  method_not_allowed: { status: 405, title: 'Every operation is a POST.' },
  client_not_allowed: { status: 403, title: 'This client certificate is not allowed this operation.' },
  content_type: { status: 415, title: 'The body must be application/json.' },
  body_too_large: { status: 413, title: 'The body is larger than this service accepts.' },
  body_malformed: { status: 400, title: 'The body does not have the form of this operation.' },
  ticket_malformed: { status: 403, title: 'The ticket is not a ticket.' },
  ticket_unknown_key: { status: 403, title: 'The ticket is signed with a key that is not configured here.' },
  ticket_not_authentic: { status: 403, title: 'The ticket was not signed by the console.' },
  ticket_wrong_issuer: { status: 403, title: 'The ticket is from another console.' },
  ticket_wrong_audience: { status: 403, title: 'The ticket is for another cluster.' },
  ticket_not_yet_valid: { status: 403, title: 'The ticket is not valid yet.' },
  ticket_expired: { status: 403, title: 'The ticket has expired.' },
  place_other_namespace: { status: 403, title: 'The ticket is for a namespace other than the pod’s.' },
  place_other_service_account: {
    status: 403,
    title: 'The ticket is for a service account other than the pod’s.',
  },
  place_other_pod: { status: 403, title: 'The ticket is for another pod.' },
  envelope_malformed: { status: 400, title: 'An envelope is not in the format.' },
  envelope_of_another_owner: {
    status: 403,
    title: 'An envelope belongs to an owner other than the ticket’s.',
  },
  name_not_in_ticket: { status: 403, title: 'The ticket does not list this secret.' },
  name_twice: { status: 400, title: 'A secret is requested twice.' },
  grant_too_long: { status: 403, title: 'The selected secrets do not fit into one grant.' },
  envelope_unknown_key: { status: 409, title: 'An envelope is sealed to a key that is not configured here.' },
  envelope_not_authentic: { status: 422, title: 'An envelope cannot be opened.' },
  audit_unavailable: { status: 503, title: 'The audit trail cannot be written, so nothing is released.' },
  overloaded: { status: 503, title: 'The keyservice is receiving as much as it can hold.' },
  busy: { status: 503, title: 'Too much is waiting to be opened.' },
  worker_lost: { status: 503, title: 'A worker ended while it opened these envelopes.' },
  internal: { status: 500, title: 'The keyservice failed.' },
} as const satisfies Record<string, ProblemKind>;

export type RefusalCode = keyof typeof refusals;
export type Refusal = Problem<RefusalCode>;

/** The result of an operation: expected refusals are values. */
export type Outcome<T> = Result<T, Refusal>;

export function refuse(code: RefusalCode, detail: string): Refused<Refusal> {
  return {
    ok: false,
    refusal: { code, detail },
  };
}
