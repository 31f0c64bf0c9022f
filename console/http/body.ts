/** JSON bodies: whole, strict, within a limit, typed by a zod schema; and what went wrong in words. Zone 1; design §5. */
import express, { type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { fromUtf8 } from '#envelope/bytes.ts';
import { quote } from '#envelope/selection.ts';
import { done, refuse, type Outcome } from '../core/outcome.ts';
import type { RefusalCode } from '../refusals.ts';

/** Reads the body as bytes; JSON alone, so that nothing else is ever looked at. */
export const readBody = (limitBytes: number): RequestHandler =>
  express.raw({ type: () => true, limit: limitBytes, inflate: false });

const JSON_TYPE = /^application\/json\s*(;\s*charset=utf-8\s*)?$/i;

/** What an issue says: where, and what is expected there; never what was found. */
const describe = (issue: z.core.$ZodIssue): string => {
  const where = issue.path.length > 0 ? issue.path.map(String).join('.') : 'the whole';
  if (issue.code !== 'unrecognized_keys') return `${quote(where)}: ${issue.message}`;
  return `${quote(where)}: unknown ${issue.keys.slice(0, 3).map(quote).join(', ')}`;
};

/** A value that fits the schema, or the first things that do not. */
export const parseWith = <S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: RefusalCode = 'body_malformed',
): Outcome<z.output<S>> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return done(parsed.data);
  const issues = parsed.error.issues.slice(0, 3).map(describe).join('; ');
  return refuse(code, `${issues}. Compare with /api/v1/openapi.json.`);
};

/**
 * The body as JSON. Its bytes are wiped: they may hold a value. Strings of it live until they are collected, which
 * JavaScript cannot shorten; who must not have this seals on the client.
 */
export const parseJson = (request: Request): Outcome<unknown> => {
  const bytes: unknown = request.body; // a Buffer where there was a body, undefined else
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    return refuse('content_type', 'The body is not application/json in UTF-8; set Content-Type.');
  }
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    return refuse('body_malformed', 'There is no body; send a JSON object.');
  }
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes));
    return done(value);
  } catch {
    return refuse('body_malformed', 'The body is not JSON in UTF-8.');
  } finally {
    bytes.fill(0);
  }
};

export const parseBody = <S extends z.ZodType>(schema: S, request: Request): Outcome<z.output<S>> => {
  const value = parseJson(request);
  return value.ok ? parseWith(schema, value.value) : value;
};
