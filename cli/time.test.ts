import { expect } from 'chai';
import { Failure } from './failure.ts';
import { parseInstant } from './time.ts';

describe('a time at the command line', () => {
  it('is a date, a time with its zone, or a duration from now', () => {
    expect(parseInstant('2027-01-31', 0)).to.equal('2027-01-31T00:00:00.000Z');
    expect(parseInstant('2027-01-31T12:00:00+02:00', 0)).to.equal('2027-01-31T10:00:00.000Z');
    expect(parseInstant('90s', 0)).to.equal('1970-01-01T00:01:30.000Z');
  });

  it('is refused where no calendar has it', () => {
    for (const text of ['999999999d', '2027-13-01', '2027-01-31T25:00:00Z', 'tomorrow', ''])
      expect(() => parseInstant(text, Date.now()), text).to.throw(Failure, '--expires is not a time');
  });
});
