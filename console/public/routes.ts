/** What the routes of all resources share: the caller, the address, times in JSON. Zone 1; docs/design.md#api. */
import type { Request } from 'express';
import type { OwnerId } from '#envelope/names.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Route } from '../http/answer.ts';
import { parseWith } from '../http/body.ts';
import type { OperationId } from './operations.ts';
import type { z } from 'zod';

/** Every route of the public API, by its operation. */
export type Routes = Readonly<Record<OperationId, Route>>;

/** Who calls, as `bearer.ts` found out. */
export type OwnerOf = (request: Request) => OwnerId;

/** RFC 3339 in UTC. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

export function maybeInstant(ms: number | undefined): string | null {
  return ms === undefined ? null : instant(ms);
}

export function parseQuery<S extends z.ZodType>(schema: S, request: Request): Outcome<z.output<S>> {
  return parseWith(schema, { ...request.query }, 'query_malformed');
}
