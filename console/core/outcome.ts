/** What a use case answers: a value, or a refusal with its stable code. Zone 1. */
import type { RefusalCode } from '../refusals.ts';

export interface Refusal {
  readonly code: RefusalCode;
  /** What exactly is wrong, and the next step. Never a value, key or token. */
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

export function done<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(code: RefusalCode, detail: string, retryAfterSeconds?: number): Refused {
  return {
    ok: false,
    refusal: { code, detail, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  };
}
