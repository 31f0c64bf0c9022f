/**
 * The result of an operation: a value, or a refusal. No zone. Expected failures are values; defects and I/O errors
 * are thrown.
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
