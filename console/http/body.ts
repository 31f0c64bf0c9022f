/**
 * Bodies: whole, within their route's limit, through their port's gate; JSON strict and typed by a zod
 * schema; and errors in words. Zone 1; docs/design.md#load.
 */
import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import { fromUtf8 } from '#envelope/bytes.ts';
import { ok } from '#envelope/result.ts';
import type { BodyGate } from '#platform/body-gate.ts';
import { refuse, type Outcome } from '../core/outcome.ts';
import type { RefusalCode } from '../refusals.ts';
import { sendProblem } from './answer.ts';
import { describeIssue } from './schema-issue.ts';

const JSON_TYPE = /^application\/json\s*(;\s*charset=utf-8\s*)?$/i;

/** The sender, who gets a share of the gate's total. */
export type Sender = (request: Request) => string | undefined;

export interface BodyRoute {
  readonly limitBytes: number;
  readonly who: Sender;
}

/** Whether a body is sent unencoded: nothing here decodes one. */
export function isPlain({ headers }: Request): boolean {
  return (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
}

/** Puts the body's bytes into `request.body`. Goes after every check that does not need them. */
export function readBody(gate: BodyGate, { limitBytes, who }: BodyRoute): RequestHandler {
  return async (request, response, next) => {
    request.body = await gate.read(request, response, { limitBytes, who: who(request) });
    next();
  };
}

const demandJson: RequestHandler = (request, response, next) => {
  if (!isPlain(request)) {
    sendProblem(response, {
      code: 'content_type',
      detail: 'Content-Encoding is not accepted; send plain JSON.',
    });
  } else if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    const detail = 'The body is not application/json in UTF-8; set Content-Type.';
    sendProblem(response, { code: 'content_type', detail });
  } else next();
};

/** Only JSON is read. */
export function readJson(gate: BodyGate, route: BodyRoute): RequestHandler[] {
  return [demandJson, readBody(gate, route)];
}

/** A value that matches the schema, or the first issues. */
export function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: RefusalCode = 'body_malformed',
): Outcome<z.output<S>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues
    .slice(0, 3)
    .map((issue) => describeIssue(issue, value))
    .join('; ');
  return refuse(code, issues + '. Compare with /api/v1/openapi.json.');
}

/**
 * The body as JSON. Its bytes are wiped: they may contain a value. Its strings live until they are collected, which
 * JavaScript cannot speed up; sealing on the client avoids it.
 */
export function parseJson(request: Request): Outcome<unknown> {
  const bytes: unknown = request.body; // as readBody left it
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    return refuse('body_malformed', 'There is no body; send a JSON object.');
  }
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes));
    return ok(value);
  } catch {
    return refuse('body_malformed', 'The body is not JSON in UTF-8.');
  } finally {
    bytes.fill(0);
  }
}

export function parseBody<S extends z.ZodType>(schema: S, request: Request): Outcome<z.output<S>> {
  const value = parseJson(request);
  return value.ok ? parseWith(schema, value.value) : value;
}
