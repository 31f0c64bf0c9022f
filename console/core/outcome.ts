/** The result of a use case: a value, or a refusal with its stable code. Zone 1. */
import type { Refused, Result } from '#envelope/result.ts';
import type { RefusalCode } from '../refusals.ts';

export interface Refusal {
  readonly code: RefusalCode;
  /** What exactly is wrong, and the next step. Never a value, key or token. */
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

export type Outcome<T> = Result<T, Refusal>;

export function refuse(code: RefusalCode, detail: string, retryAfterSeconds?: number): Refused<Refusal> {
  return {
    ok: false,
    refusal: { code, detail, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  };
}
