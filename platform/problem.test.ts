import { expect } from 'chai';
import { parseProblem } from './problem.ts';

describe('a problem document of another service', () => {
  const of = (value: unknown) => parseProblem(Buffer.from(JSON.stringify(value)));

  it('says a code and what is wrong', () => {
    expect(of({ type: 'urn:x', code: 'ticket_expired', detail: 'It is over.' })).to.deep.equal({
      code: 'ticket_expired',
      detail: 'It is over.',
    });
  });

  it('is none where the code is not one word, for it is passed on as it is', () => {
    for (const code of ['', 'a b', 'a\n', '\u001b[2J', 'A', '1a', 'a'.repeat(65), 7, null, undefined])
      expect(of({ code, detail: 'd' }), String(code)).to.equal(undefined);
    for (const value of [null, 7, 'text', [], {}, { code: 'a' }]) expect(of(value)).to.equal(undefined);
  });
});
