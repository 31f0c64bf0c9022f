/**
 * No parser of outside input is worse than linear. Each run searches for the worst inputs of each again, briefly here
 * and at length in `make growth`; what was once found is a test next to its parser.
 */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
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

/** What reads no outside input, or only what a parser of the table has read. */
const exempt: Readonly<Record<string, string>> = {
  'envelope/jwk-set.ts': 'the operator’s keys',
  'keyservice/key-sets.ts': 'the operator’s keys',
  'console/key-files.ts': 'the operator’s keys',
  'console/admin/': 'the operator’s command line',
  'console/store/': 'rows that the console wrote',
  'console/http/body.ts readBody': 'bytes as they come',
  'console/http/body.ts readJson': 'readBody, then parseJson',
  'injector-image/session.ts readSession': 'hashes, then readGrant',
  'cli/value.ts': 'bytes as they come',
};

const PARSER = /^export (?:const|(?:async )?function) ((?:parse|read|decode|verify|choose|plan)[A-Z]\w*)/gm;
const zones = ['envelope', 'webhook', 'keyservice', 'console', 'injector-image', 'platform', 'cli'];

/** `folder/module.ts function` of every exported parser, recognised by its name. */
const exported = zones.flatMap((zone) =>
  readdirSync(zone, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file) && !file.includes('testing/'))
    .flatMap((file) =>
      [...readFileSync(`${zone}/${file}`, 'utf8').matchAll(PARSER)].map(
        ([, name]) => `${zone}/${file} ${name}`,
      ),
    ),
);

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
    const covered = new Set(subjects.flatMap(({ covers }) => covers));
    const reasons = Object.keys(exempt);
    const missing = exported.filter(
      (name) => !covered.has(name) && !reasons.some((reason) => name.startsWith(reason)),
    );
    expect(missing).to.deep.equal([]);
    const unused = reasons.filter((reason) => !exported.some((name) => name.startsWith(reason)));
    expect(unused).to.deep.equal([]);
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
