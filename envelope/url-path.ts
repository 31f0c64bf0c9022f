/** URL paths from untrusted names. No zone. */

/** Dot segments, which a URL parser resolves even when encoded (WHATWG URL §4.4), and the empty one. */
const NO_SEGMENT = new Set(['', '.', '..']);

/** A lone surrogate has no UTF-8 encoding. */
function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

function encoded(value: string): string {
  if (NO_SEGMENT.has(value) || !isWellFormed(value))
    throw new RangeError(`${JSON.stringify(value)} cannot be part of a URL path`);
  return encodeURIComponent(value);
}

/**
 * A template tag: each value becomes one segment, or one query value, whatever it contains. Throws a RangeError for
 * a value that no encoding keeps in its place. A lint rule requires it wherever a path is built.
 *
 * @example urlPath`/api/v1/namespaces/${namespace}/pods/${name}`
 */
export function urlPath(literals: TemplateStringsArray, ...values: readonly string[]): string {
  return literals.reduce((path, literal, at) => path + encoded(values[at - 1] ?? '') + literal);
}
