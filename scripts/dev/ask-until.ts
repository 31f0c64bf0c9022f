/** Waiting for what happens on its own. Tools and tests, no zone. */
import { setTimeout as wait } from 'node:timers/promises';

interface AskUntilOptions {
  readonly withinMs: number;
  readonly everyMs: number;
}

/** Asks until the answer is the wanted one or the time is up; returns the last answer either way. */
export async function askUntil<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  { withinMs, everyMs }: AskUntilOptions,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || performance.now() > end) return answer;
    await wait(everyMs);
  }
}
