/** What a request says in its address and its head, as text. Zone 1; docs/design.md#api. */
import type { Request } from 'express';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** RFC 6750 §2.1; undefined where there is none. */
export function bearerOf({ headers }: Request): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

/** Of the path; empty where it has none of this name. */
export function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** Of the query; empty where there is none, or several. */
export function queryText(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}
