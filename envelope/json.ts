/** Parsing of JSON that others wrote: within a limit, and never quoted in an error. No zone. */

/** Members are unknown until each has been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Characters: above every limit on what is read from a network, and a bound for files. */
export const MAX_JSON_LENGTH = 32 * 1024 * 1024;

/** The value; undefined, which JSON does not have, where the text is not JSON: a SyntaxError would quote it. */
export function parseJson(text: string): unknown {
  if (text.length > MAX_JSON_LENGTH) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object, as opposed to a list, a text, a number or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
