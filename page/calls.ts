/** Calls of the console's operations by the page's own session. Zone 0; docs/design.md#page. */
import { isJsonObject } from '#envelope/json.ts';
import { CSRF_HEADER, PAGE_API_PATH } from '../console/web/shared/addresses.ts';
import { text } from '../console/web/shared/text.ts';

interface Problem {
  readonly code: string;
  readonly detail: string;
}

export type CallResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
  readonly ifMatch?: number;
}

function problem(code: string, detail: string): CallResult<never> {
  return { ok: false, problem: { code, detail } };
}

function problemOf(body: unknown): CallResult<never> {
  const { code, detail } = isJsonObject(body) ? body : {};
  return typeof code === 'string' && typeof detail === 'string'
    ? problem(code, detail)
    : problem('internal_error', text.failed.internal);
}

/** The caller asserts the type: the operations are from the same build. */
export async function call<T>({ method, path, body, ifMatch }: Call): Promise<CallResult<T>> {
  const headers = {
    [CSRF_HEADER]: document.body.dataset['csrf'] ?? '',
    ...(body ? { 'content-type': 'application/json' } : {}),
    ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
  };
  try {
    const init = {
      method,
      headers,
      cache: 'no-store' as const,
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
    const response = await fetch(PAGE_API_PATH + path, init);
    const answer: unknown = await response.json();
    return response.ok ? { ok: true, value: answer as T } : problemOf(answer);
  } catch {
    return problem('network', text.failed.network);
  }
}
