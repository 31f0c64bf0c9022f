/** Waiting for what a cluster does on its own. */
import { askUntil } from '../scripts/dev/ask-until.ts';

/** The first value that is neither undefined nor false; fails after `timeoutMs`, showing the last value. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | false | undefined>,
  { timeoutMs = 60_000, seen = (): unknown => undefined } = {},
): Promise<T> {
  const found = (value: T | false | undefined): boolean => value !== undefined && value !== false;
  const value = await askUntil(look, found, { withinMs: timeoutMs, everyMs: 250 });
  if (value !== undefined && value !== false) return value;
  const last = seen();
  const suffix = last === undefined ? '' : `; last seen: ${JSON.stringify(last)}`;
  throw new Error(`did not happen within ${timeoutMs / 1000} s: ${what}${suffix}`);
}
