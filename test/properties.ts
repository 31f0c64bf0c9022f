/** Random tests print their seed when they fail; TWOFOLD_TEST_SEED repeats a run. */
import fc from 'fast-check';

export const seed = Number(process.env['TWOFOLD_TEST_SEED'] ?? Date.now() % 2 ** 31);
fc.configureGlobal({ seed, numRuns: 60 });

export { fc };
