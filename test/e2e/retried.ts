/**
 * Says which scenarios passed only when they were tried again: a real cluster on two shared cores is late at times, and
 * whoever reads the result shall know. Loaded by scripts/e2e (mocha root hooks).
 */
import type { Context } from 'mocha';

export const mochaHooks = {
  afterEach(this: Context): void {
    const test = this.currentTest;
    // `currentRetry` is there, but not in the types.
    const tries = (test as unknown as { currentRetry(): number } | undefined)?.currentRetry() ?? 0;
    if (test?.state === 'passed' && tries > 0) console.log(`tried again: ${test.fullTitle()}`);
  },
};
