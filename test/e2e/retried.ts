/**
 * Reports which scenarios passed only when retried: a real cluster on two shared cores is late at times, and
 * readers of the result should know. Loaded by scripts/e2e (mocha root hooks).
 */
import type { Context } from 'mocha';

export const mochaHooks = {
  afterEach(this: Context): void {
    const test = this.currentTest;
    // `currentRetry` exists, but not in the types.
    const tries = (test as unknown as { currentRetry(): number } | undefined)?.currentRetry() ?? 0;
    if (test?.state === 'passed' && tries > 0) console.log(`retried:  ${test.fullTitle()}`);
  },
};
