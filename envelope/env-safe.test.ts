import { expect } from 'chai';
import { isEnvSafe, MAX_ENV_LINE_BYTES } from './env-safe.ts';

function safe(text: string): boolean {
  return isEnvSafe(Buffer.from(text));
}
/** The longest line of a value, next to the longest name and `=''`. */
const LONGEST = MAX_ENV_LINE_BYTES - 253 - 3;

describe('a value', () => {
  it('can be a variable as text of any script, with line feeds and any other character', () => {
    for (const text of ['x', 'päß 語 🔑', 'a\nb\n', '\t "$`\\', '\u0001'])
      expect(safe(text), text).to.equal(true);
  });

  it('cannot be one with a NUL, a quote, a carriage return, or in another encoding', () => {
    for (const text of ['a\0', "it's", 'a\r\nb']) expect(safe(text), JSON.stringify(text)).to.equal(false);
    for (const hex of ['ff', 'c0af', 'eda080', 'f5808080', '61c3']) {
      expect(isEnvSafe(Buffer.from(hex, 'hex')), hex).to.equal(false);
    }
  });

  it('cannot be one with a line over 32 KiB, the longest name included', () => {
    expect(safe('x'.repeat(LONGEST))).to.equal(true);
    expect(safe('x'.repeat(LONGEST + 1))).to.equal(false);
    expect(safe(`${'x'.repeat(LONGEST)}\n${'x'.repeat(LONGEST)}`)).to.equal(true);
    expect(safe(`x\n${'x'.repeat(LONGEST + 1)}`)).to.equal(false);
  });
});
