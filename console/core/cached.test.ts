import { expect } from 'chai';
import { cached } from './cached.ts';

describe('a cached answer', () => {
  it('lasts for its time, and no longer when the clock is set back', async () => {
    let [now, asked] = [1_000_000, 0];
    const count = cached(() => Promise.resolve((asked += 1)), {
      clock: () => now,
      forMs: 30_000,
      againMs: 5_000,
    });
    expect(await count()).to.equal(1);
    now += 29_999;
    expect(await count()).to.equal(1);
    now += 1;
    expect(await count()).to.equal(2);
    now -= 3_600_000;
    expect(await count()).to.equal(3);
    expect(await count()).to.equal(3);
  });
});
