/** Paths of URLs from names that came from outside. No zone. */

/** What a URL's parser takes for a step, also encoded (WHATWG URL §4.4), or for nothing at all. */
const NO_SEGMENT = new Set(['', '.', '..']);

/** A lone surrogate has no UTF-8. */
function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

function encoded(value: string): string {
  if (NO_SEGMENT.has(value) || !isWellFormed(value))
    throw new RangeError(`${JSON.stringify(value)} cannot be a part of a URL’s path`);
  return encodeURIComponent(value);
}

/**
 * Tags a template: each value becomes one segment, or one value of a query, whatever is in it. Throws a RangeError for
 * one that no encoding keeps in its place. A lint rule wants it wherever a path is built.
 *
 * @example urlPath`/api/v1/namespaces/${namespace}/pods/${name}`
 */
export function urlPath(literals: TemplateStringsArray, ...values: readonly string[]): string {
  return literals.reduce((path, literal, at) => path + encoded(values[at - 1] ?? '') + literal);
}
