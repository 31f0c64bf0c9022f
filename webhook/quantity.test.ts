import { expect } from 'chai';
import { parseQuantity } from './quantity.ts';

describe('a quantity', () => {
  const known: Record<string, bigint> = {
    '1': 1_000_000_000n,
    '100m': 100_000_000n,
    '1288490188800m': 1_288_490_188_800_000_000n,
    '1.5Gi': 1_610_612_736_000_000_000n,
    '2k': 2_000_000_000_000n,
    '1e3': 1_000_000_000_000n,
    '1E': 10n ** 27n,
    '5n': 5n,
    '.5': 500_000_000n,
    '5.': 5_000_000_000n,
    '0.0000000001': 1n,
    '-1': -1_000_000_000n,
  };
  for (const [text, nano] of Object.entries(known)) {
    it(`${text} is exactly ${nano} billionths`, () => expect(parseQuantity(text)).to.equal(nano));
  }

  for (const text of ['', 'm', '1 Gi', '1gi', '1ee3', '0x10', '1_000', 'NaN', '.', '1e999', '9'.repeat(40)]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(parseQuantity(text)).to.equal(undefined));
  }
});
