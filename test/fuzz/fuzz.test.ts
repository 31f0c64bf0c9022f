/**
 * A slice of `make fuzz`: every subject with up to a thousand inputs, other ones in each run, and every input that was ever
 * found to do what none may do.
 */
import { expect } from 'chai';
import { expectEveryParser } from '../parsers.ts';
import { seed } from '../properties.ts';
import { Fault, fuzz, replay, SLICE, type Finding, type Subject } from './harness.ts';
import { closeSubjects, foundInputs, subjects } from './subjects.ts';

function told(findings: readonly (Finding | undefined)[]): string {
  return findings.map((finding) => JSON.stringify(finding, undefined, 1)).join('\n');
}

describe(`inputs that are nearly right (TWOFOLD_TEST_SEED=${seed})`, function () {
  this.timeout(120_000);

  // Mocha's is infinite: each error of a deep recursion would cost its depth, which no program pays.
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 10));
  after(async () => {
    Error.stackTraceLimit = stackTraceLimit;
    await closeSubjects();
  });

  for (const subject of subjects) {
    it(`do no harm: ${subject.name}`, async () => {
      const findings = await fuzz(subject, { seed, from: 0, to: subject.slice ?? SLICE });
      expect(findings, told(findings)).to.deep.equal([]);
    });
  }

  for (const { file, subject: name, input, why } of foundInputs()) {
    it(`do no harm any more: ${file}`, async () => {
      const subject = subjects.find((each) => each.name === name);
      if (!subject) throw new Error(`no subject is called ${name}`);
      const finding = await replay(subject, input);
      expect(finding, `it was: ${why}`).to.equal(undefined);
    });
  }

  it('are fed to each parser that a module exports, or a reason is given', () => expectEveryParser(subjects));
});

describe('the search for inputs that do harm', function () {
  this.timeout(60_000);

  const subject = (run: Subject['run']): Subject => ({
    name: 'planted',
    covers: [],
    make: (random) => `${'a'.repeat(random.below(20))}${random.chance(0.2) ? 'bad' : ''}`,
    run,
  });
  const kinds = async (run: Subject['run']): Promise<readonly [string, unknown][]> => {
    const findings = await fuzz(subject(run), { seed, from: 0, to: 200 }, { mostMs: 24 });
    return findings.map(({ kind, input }) => [kind, input]);
  };

  it('finds what throws, and makes it small', async () => {
    const throwing = (input: unknown): void => {
      if (String(input).includes('bad')) throw new TypeError('bad');
    };
    expect(await kinds(throwing)).to.deep.equal([['crash TypeError', 'bad']]);
  });

  it('finds a promise that is broken, and one that rejects', async () => {
    const rejecting = (input: unknown): Promise<void> =>
      String(input).endsWith('d') ? Promise.reject(new Fault('status', '500')) : Promise.resolve();
    expect(await kinds(rejecting)).to.deep.equal([['status', 'd']]);
  });

  it('finds what takes too much processor time, and makes it small', async () => {
    const slow = (input: unknown): void => {
      const from = process.cpuUsage().user;
      while (/^a?bad$/.test(String(input)) && process.cpuUsage().user - from < 30_000);
    };
    expect(await kinds(slow)).to.deep.equal([['slow', 'bad']]);
  });

  it('finds what stays in memory, and is not misled by what does not', async () => {
    const kept: unknown[] = [];
    expect(await kinds(() => void kept.push(Buffer.alloc(20_000).toString('latin1')))).to.deep.equal([
      ['memory', undefined],
    ]);
    expect(await kinds(() => void Buffer.alloc(20_000).toString('latin1'))).to.deep.equal([]);
  });
});
