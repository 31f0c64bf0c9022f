/**
 * The Common Expression Language as admission uses it, in policies and in webhooks' match conditions. No zone;
 * what Kubernetes 1.35 does with expressions as ours are written.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { AdmissionRequest } from './request.ts';

export type Context = Record<string, unknown>;
/** Throws for an expression that has no value in this context. */
export type Evaluate = (context: Context) => unknown;

const VARIABLES = ['object', 'oldObject', 'request', 'variables'];

/** What compiles expressions, each once. Throws for one that does not parse. */
export function createCompiler(): (expression: string) => Evaluate {
  const environment = new Environment({ enableOptionalTypes: true });
  for (const name of VARIABLES) environment.registerVariable(name, 'dyn');
  const compiled = new Map<string, Evaluate>();
  return (expression) => {
    const known = compiled.get(expression) ?? environment.parse(expression);
    compiled.set(expression, known);
    return known;
  };
}

/** What expressions see of a request; the variables of a policy are its own to add. */
export function contextOf({ object = null, oldObject = null, ...rest }: AdmissionRequest): Context {
  return { object: toCel(object), oldObject: toCel(oldObject), request: toCel(rest) };
}

/** JSON as CEL sees it: whole numbers are integers, and fields that are null are not there. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, toCel(field)]));
}
