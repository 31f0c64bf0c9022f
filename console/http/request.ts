/** Text from a request's address and headers. Zone 1; docs/design.md#api. */
import type { Request } from 'express';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** RFC 6750 §2.1; undefined if there is none. */
export function bearerOf({ headers }: Request): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

/** Of the path; empty if it has none of this name. */
export function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

/** Of the query; empty if there is none, or several. */
export function queryText(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}
