/**
 * The console's API, typed by its own OpenAPI document. Zone 0; docs/design.md#api. Used by the command line
 * and the tests.
 */
import { isJsonObject } from '#envelope/json.ts';
import type { Fetch } from '#platform/https-client.ts';
import createClient, { type Client } from 'openapi-fetch';
import { refusedByConsole, failure } from '../failure.ts';
import type { components, paths } from './schema.d.ts';

export type Api = Client<paths, 'application/json'>;
export type Schemas = components['schemas'];

interface ApiOptions {
  readonly url: string;
  readonly fetch: Fetch;
  /** Called before every request; undefined: the request carries no token. */
  readonly bearer: () => Promise<string | undefined>;
  /** The Failure where the console does not accept it; `why` is the console’s own word. */
  readonly rejected?: (token: string, why: string | undefined) => Error;
}

export function createApi({ url, fetch, bearer, rejected }: ApiOptions): Api {
  return createClient<paths, 'application/json'>({
    baseUrl: url.replace(/\/$/, ''),
    fetch: async (request) => {
      const token = await bearer();
      if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
      const response = await fetch(request);
      if (response.status !== 401 || token === undefined || !rejected) return response;
      const problem: unknown = await response.json().catch(() => undefined);
      throw rejected(token, isProblem(problem) ? problem.detail : undefined);
    },
  });
}

function isProblem(value: unknown): value is Schemas['Problem'] {
  return isJsonObject(value) && 'code' in value && 'detail' in value && 'title' in value;
}

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of a response. Throws a refusal as a Failure. */
export function dataOf<T>({ data, error, response }: Answered<T>): NonNullable<T> {
  if (response.ok && data !== undefined && data !== null) return data;
  throw failureOf(error, response);
}

/** The same for an operation whose response has no body. */
export function expectDone({ error, response }: Answered<unknown>): void {
  if (!response.ok) throw failureOf(error, response);
}

/** The console's reason for refusing the token; undefined if it did not. */
export function rejectionOf({ error, response }: Answered<unknown>): string | undefined {
  return response.status === 401 && isProblem(error) ? error.detail : undefined;
}

function failureOf(error: unknown, response: Response): Error {
  return isProblem(error)
    ? refusedByConsole(response.status, error)
    : failure(
        'unexpected',
        `The server at the console’s address, which answered ${response.status}, is not a Twofold console.`,
        'Check the address: --console, TWOFOLD_CONSOLE or config.json.',
      );
}
