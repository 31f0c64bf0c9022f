/** Waiting for what a cluster does by itself. */
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 250;

/** The first value that is not undefined; fails after `timeoutMs`, with what was seen last. */
export const eventually = async <T>(
  what: string,
  look: () => Promise<T | undefined>,
  { timeoutMs = 60_000, seen = (): unknown => undefined } = {},
): Promise<T> => {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (Date.now() > end) {
      const last = seen();
      const suffix = last === undefined ? '' : `; last seen: ${JSON.stringify(last)}`;
      throw new Error(`did not happen within ${timeoutMs / 1000} s: ${what}${suffix}`);
    }
    await wait(LOOK_MS);
  }
};
