/**
 * What is wrong with a request, in words of ours: where, and what is expected there; never what was found. The schema
 * library's own messages are for developers of the console. Zone 1; docs/design.md#refusals.
 */
import type { z } from 'zod';
import { quote } from '#envelope/selection.ts';

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

const units: Readonly<Record<string, string>> = { array: ' items', string: ' characters' };

function bound(origin: string): string {
  return origin in units ? 'have' : 'be';
}

function holds(parent: unknown, key: PropertyKey): parent is Record<PropertyKey, unknown> {
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (holds(at, key) ? at[key] : undefined), value);
}

function isMissing(path: readonly PropertyKey[], value: unknown): boolean {
  const key = path.at(-1);
  return key !== undefined && !holds(valueAt(value, path.slice(0, -1)), key);
}

function formatOf(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.format === 'datetime') return 'must be a time, such as 2027-01-31T12:00:00Z';
  return issue.pattern === undefined ? 'has another form' : `must match ${issue.pattern}`;
}

/** By their places: a name may be a value. */
function unknownMembers({ keys, path }: z.core.$ZodIssueUnrecognizedKeys, value: unknown): string {
  const members = Object.keys(valueAt(value, path) ?? {});
  const places = keys.slice(0, 3).map((key) => String(members.indexOf(key) + 1));
  return `unknown member number ${places.join(', ')} of ${members.length}`;
}

function expectation(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (isMissing(issue.path, value)) return 'is missing';
      return `must be ${kinds[issue.expected] ?? 'something else'}`;
    case 'too_small':
      return `must ${bound(issue.origin)} at least ${issue.minimum}${units[issue.origin] ?? ''}`;
    case 'too_big':
      return `must ${bound(issue.origin)} at most ${issue.maximum}${units[issue.origin] ?? ''}`;
    case 'invalid_format':
      return formatOf(issue);
    case 'invalid_value':
      return `must be ${issue.values.map((one) => quote(String(one))).join(' or ')}`;
    case 'unrecognized_keys':
      return unknownMembers(issue, value);
    case 'custom':
      return issue.message;
    default:
      return 'has a form that is not accepted';
  }
}

/** Of a value that a schema does not accept. */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const where = issue.path.length > 0 ? issue.path.map(String).join('.') : 'the whole';
  return `${quote(where)}: ${expectation(issue, value)}`;
}
