/**
 * What an operation comes to: a value, or a refusal. No zone. What is expected to go wrong is a value; defects and
 * failing I/O are thrown.
 */

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Refused<R> {
  readonly ok: false;
  readonly refusal: R;
}

export type Result<T, R> = Ok<T> | Refused<R>;

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}
