import { expect } from 'chai';
import { bucketsOf, quantile } from './histogram.ts';

function scrape(counts: readonly number[]): string {
  return ['0.005', '0.025', '0.1', '+Inf']
    .map((le, at) => `seconds_bucket{name="ours",operation="CREATE",le="${le}"} ${counts[at] ?? 0}`)
    .concat('seconds_bucket{name="theirs",le="0.005"} 99', 'seconds_sum{name="ours"} 3')
    .join('\n');
}

describe('a histogram between two scrapes', () => {
  const read = (counts: readonly number[]) => bucketsOf(scrape(counts), 'seconds_bucket', { name: 'ours' });

  it('counts what was observed in between, linearly within a bucket', () => {
    const [before, after] = [read([10, 10, 10, 10]), read([10, 20, 30, 30])];
    expect(quantile(before, after, 0.5)).to.equal(0.025);
    expect(quantile(before, after, 0.25)).to.be.closeTo(0.015, 1e-9);
    expect(quantile(before, after, 0.75)).to.be.closeTo(0.0625, 1e-9);
  });

  it('gives the last bound for what is above it, and nothing where nothing was observed', () => {
    expect(quantile(read([0, 0, 0, 0]), read([0, 0, 0, 1]), 0.5)).to.equal(0.1);
    expect(quantile(read([1, 1, 1, 1]), read([1, 1, 1, 1]), 0.5)).to.be.NaN;
  });
});
