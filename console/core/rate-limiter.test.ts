import { expect } from 'chai';
import { fc } from '../../test/properties.ts';
import { createRateLimiter } from './rate-limiter.ts';

describe('a rate limiter', () => {
  let at = 0;
  beforeEach(() => (at = 1_000));
  const now = (): number => at;

  for (const perMinute of [1, 7, 20, 1_000]) {
    it(`lets at most ${perMinute} through at once, then as many a minute`, () => {
      const limiter = createRateLimiter(perMinute, now);
      const passed = (tries: number): number =>
        Array.from({ length: tries }, () => limiter.take('a')).filter((limited) => !limited).length;
      expect(passed(perMinute * 2)).to.equal(perMinute);
      at += 60_000;
      expect(passed(perMinute * 2)).to.equal(perMinute);
      at += 60_000 / perMinute;
      expect(passed(2)).to.equal(1);
    });
  }

  it('says how long to wait, and then lets one through', () => {
    const limiter = createRateLimiter(6, now);
    for (let count = 0; count < 6; count += 1) limiter.take('a');
    expect(limiter.take('a')).to.deep.equal({ retryAfterSeconds: 10, first: true });
    expect(limiter.take('a')).to.deep.equal({ retryAfterSeconds: 10, first: false });
    at += 9_999;
    expect(limiter.look('a')).to.deep.equal({ retryAfterSeconds: 1, first: false });
    at += 1;
    expect(limiter.take('a')).to.equal(undefined);
    expect(limiter.take('a'), 'once a minute').to.deep.equal({ retryAfterSeconds: 10, first: false });
    at += 60_000;
    for (let count = 0; count < 6; count += 1) limiter.take('a');
    expect(limiter.take('a')).to.deep.equal({ retryAfterSeconds: 10, first: true });
  });

  it('lets as many through as a bucket that is filled drop by drop, whenever the calls come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }),
        (perMinute, pauses) => {
          const limiter = createRateLimiter(perMinute, now);
          let drops = perMinute;
          for (const pause of pauses) {
            at += pause;
            drops = Math.min(perMinute, drops + (pause * perMinute) / 60_000);
            const passes = drops >= 1 - 1e-6;
            expect(limiter.take('a') === undefined).to.equal(passes);
            if (passes) drops -= 1;
          }
        },
      ),
    );
  });

  it('counts each key separately, and takes nothing when it only looks', () => {
    const limiter = createRateLimiter(1, now);
    for (let count = 0; count < 5; count += 1) expect(limiter.look('a')).to.equal(undefined);
    expect(limiter.take('a')).to.equal(undefined);
    expect(limiter.take('a')).not.to.equal(undefined);
    expect(limiter.take('b')).to.equal(undefined);
  });

  it('keeps a bounded number of keys, idle ones last', () => {
    const limiter = createRateLimiter(1, now, 100);
    limiter.take('busy');
    for (let key = 0; key < 50; key += 1) limiter.take(`idle ${key}`);
    at += 30_000;
    for (let key = 0; key < 49; key += 1) limiter.take(`busy ${key}`);
    at += 30_001;
    limiter.take('one more');
    expect(limiter.take('busy 7'), 'those in use stay').not.to.equal(undefined);
    for (let key = 0; key < 100_000; key += 1) limiter.take(`invented ${key}`);
    expect(limiter.take('busy 7'), 'but not forever').to.equal(undefined);
  });
});
