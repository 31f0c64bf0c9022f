/**
 * No parser of outside input is worse than linear. Each run searches for the worst inputs of each again, briefly here
 * and at length in `make growth`; what was once found is a test next to its parser.
 */
import { expect } from 'chai';
import { expectEveryParser } from '../parsers.ts';
import { seed } from '../properties.ts';
import { consoleSubjects } from './console.ts';
import { envelopeSubjects } from './envelope.ts';
import { createRandom, describeGrowth, growthOf, MOST_RATIO, worstGrowth, type Subject } from './harness.ts';
import { pageSubjects } from './page.ts';
import { serviceSubjects } from './services.ts';
import { text } from './subject.ts';
import { webhookSubjects } from './webhook.ts';

const subjects = [
  ...envelopeSubjects,
  ...webhookSubjects,
  ...consoleSubjects,
  ...pageSubjects,
  ...serviceSubjects,
];

/** Seconds of search for each; the longer, the smaller the effects that can be told from noise. */
const seconds = Number(process.env['TWOFOLD_GROWTH_SECONDS'] ?? 0.2);
const effort = { searchMs: seconds * 1000, floorMs: seconds < 2 ? 4 : 30, random: createRandom(seed) };

function nameOf({ covers }: Subject): string {
  return covers[0] ?? 'the same, with other tokens';
}

describe(`the cost of every parser of outside input (TWOFOLD_TEST_SEED=${seed})`, function () {
  this.timeout(60_000 + 20_000 * seconds);

  // Mocha's is infinite: each error in a deep recursion would cost its depth, which no real program does.
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 10));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  for (const subject of subjects) {
    it(`grows with its input: ${nameOf(subject)}`, async () => {
      const growth = await worstGrowth(subject, effort);
      if (growth) expect(growth.ratio, describeGrowth(subject, growth)).to.be.below(MOST_RATIO);
    });
  }

  it('is tested for each that a module exports, or a reason is given', () => {
    expectEveryParser(subjects);
  });
});

describe('the search for the worst input', () => {
  const run = { searchMs: 500, floorMs: 4, random: createRandom(seed) };
  const tokens = ['a', 'b', ' ', '!', '\n'];

  const worst = async (work: (input: string) => unknown): Promise<number> =>
    (await worstGrowth(text({ covers: [], tokens, run: work }), run))?.ratio ?? 0;

  it('finds quadratic growth, and what explodes before it is long', async () => {
    expect(await worst((input) => /a+$/.exec(input))).to.be.at.least(MOST_RATIO);
    expect(await worst((input) => /^(a+)+$/.exec(input))).to.equal(Infinity);
  });

  it('finds nothing in linear growth, and is not misled by sorting', async () => {
    expect(await worst((input) => input.split(' '))).to.be.below(MOST_RATIO);
    const numbers = (n: number): number[] => Array.from({ length: n }, (_, at) => (at * 7919) % 104_729);
    expect((await growthOf(numbers, (list) => list.toSorted((a, b) => a - b))).ratio).to.be.below(MOST_RATIO);
  });
});
