/** Problem documents (RFC 9457) with a stable `code`: the only form of an error on any HTTP port of Twofold. No zone. */
import { isJsonObject, parseJson } from '#envelope/json.ts';
import type { HttpReply } from './https-server.ts';
import { shown } from './shown.ts';

/** One row of a service's table of refusals. */
export interface ProblemKind {
  readonly status: number;
  /** One sentence for the person who must act. */
  readonly title: string;
}

export interface Problem<C extends string = string> {
  readonly code: C;
  /** What exactly is wrong here, and the next step. Never a value, key or token. */
  readonly detail: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

export function problemBody({ status, title }: ProblemKind, { code, detail }: Problem): object {
  return {
    type: `urn:twofold:problem:${code}`,
    title,
    status,
    code,
    detail: shown(detail),
  };
}

export function problemReply(kind: ProblemKind, problem: Problem): HttpReply {
  return {
    status: kind.status,
    contentType: PROBLEM_TYPE,
    body: JSON.stringify(problemBody(kind, problem)),
  };
}

/** As in every table of refusals: a code is passed on as it is, so it must be one word. */
const CODE = /^[a-z][a-z0-9_]{0,63}$/;

/** Code and detail of a problem document from another service of Twofold; undefined for anything else. */
export function parseProblem(body: Buffer): Problem | undefined {
  const value = parseJson(body.toString('utf8'));
  if (!isJsonObject(value)) return undefined;
  const { code, detail } = value;
  return typeof code === 'string' && CODE.test(code) && typeof detail === 'string'
    ? { code, detail }
    : undefined;
}
