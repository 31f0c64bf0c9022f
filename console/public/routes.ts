/** What the routes of every noun share: the caller, the address, times in JSON. Zone 1; design §5. */
import type { Request } from 'express';
import { parseSecretName, SECRET_NAME_RULE, type OwnerId, type SecretName } from '#envelope/names.ts';
import { quote } from '#envelope/selection.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
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

export function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

export function parseName(text: string): Outcome<SecretName> {
  const name = parseSecretName(text);
  return name
    ? ok(name)
    : refuse('name_malformed', `${quote(text)} is not a secret’s name; ${SECRET_NAME_RULE}.`);
}

/** A name in the address of a secret that must exist: one outside the alphabet cannot. */
export function parseKnownName(request: Request): Outcome<SecretName> {
  const text = parameter(request, 'name');
  const name = parseSecretName(text);
  return name
    ? ok(name)
    : refuse('secret_unknown', `You have no secret ${quote(text)}; list your secrets.`);
}

export function parseQuery<S extends z.ZodType>(schema: S, request: Request): Outcome<z.output<S>> {
  return parseWith(schema, { ...request.query }, 'query_malformed');
}
