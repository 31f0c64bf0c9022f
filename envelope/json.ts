/** JSON that others wrote, as it is read everywhere: within a limit, and never quoted in an error. No zone. */

/** Members are unknown until somebody has looked at each. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Characters: more than any limit of those who read from a network, and a bound for those who read a file. */
export const MAX_JSON_LENGTH = 32 * 1024 * 1024;

/** The value; undefined, which JSON does not have, for what is not JSON: a SyntaxError would quote it. */
export function parseJson(text: string): unknown {
  if (text.length > MAX_JSON_LENGTH) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object, as against a list, a text, a number or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
