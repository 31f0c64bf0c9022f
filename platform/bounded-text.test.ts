import { expect } from 'chai';
import { boundedText } from './bounded-text.ts';

describe('bounded text', () => {
  it('leaves what everybody can read as it is', () => {
    for (const text of ['', 'db-password', 'Zoë “quoted” 秘密 🔑', 'a\\b"c'])
      expect(boundedText(text, 64)).to.equal(text);
  });

  it('is cut, and says so', () => {
    expect(boundedText('x'.repeat(65), 64)).to.equal(`${'x'.repeat(64)}…`);
    expect(boundedText('x'.repeat(64), 64)).to.have.length(64);
  });

  it('shows what would move a cursor, end a line or turn the direction, and half of a pair that was cut', () => {
    expect(boundedText('\u001b[2Ja\r\nb\u0085', 64)).to.equal('\\u001b[2Ja\\u000d\\u000ab\\u0085');
    expect(boundedText('a\u202eb\u2028c\u200f', 64)).to.equal('a\\u202eb\\u2028c\\u200f');
    expect(boundedText(`${'x'.repeat(9)}🔑`, 10)).to.equal('xxxxxxxxx\\…');
    expect(boundedText('\ud83d', 10)).to.equal('\\ud83d');
  });

  it('is never longer than it was let, whatever is escaped', () => {
    expect(boundedText('\u0000'.repeat(100_000), 100)).to.have.length(101);
  });
});
