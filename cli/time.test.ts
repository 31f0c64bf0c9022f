import { expect } from 'chai';
import { Failure } from './failure.ts';
import { parseExpiry, toldExpiry } from './time.ts';

const zurich = { nowMs: 0, zone: 'Europe/Zurich' };

describe('a time at the command line', () => {
  it('is a date, a time with its zone, or a duration from now', () => {
    expect(parseExpiry('2027-01-31', zurich)).to.equal('2027-01-31T23:00:00.000Z');
    expect(parseExpiry('2027-01-31', { nowMs: 0, zone: 'UTC' })).to.equal('2027-02-01T00:00:00.000Z');
    expect(parseExpiry('2027-01-31T12:00:00+02:00', zurich)).to.equal('2027-01-31T10:00:00.000Z');
    expect(parseExpiry('90s', zurich)).to.equal('1970-01-01T00:01:30.000Z');
    expect(parseExpiry('never', zurich)).to.equal(null);
  });

  it('is today until midnight here, and not yesterday', () => {
    const lateInZurich = { nowMs: Date.UTC(2027, 0, 31, 22, 30), zone: 'Europe/Zurich' };
    expect(parseExpiry('2027-01-31', lateInZurich)).to.equal('2027-01-31T23:00:00.000Z');
    expect(() => parseExpiry('2027-01-30', lateInZurich)).to.throw(Failure, '--expires is in the past');
    const lateInAuckland = { ...lateInZurich, zone: 'Pacific/Auckland' };
    expect(() => parseExpiry('2027-01-31', lateInAuckland)).to.throw(Failure, '--expires is in the past');
  });

  it('is refused where no calendar has it', () => {
    const days = ['2027-13-01', '2027-02-30', '2027-02-30T12:00:00Z', '2027-01-31T25:00:00Z', '9999-12-31'];
    for (const text of days.concat('999999999d', '9999999d', '2027-01-31T12:00:00', 'tomorrow', ''))
      expect(() => parseExpiry(text, { nowMs: Date.now(), zone: 'UTC' }), text).to.throw(
        Failure,
        '--expires is not a time',
      );
  });

  it('is told back as an instant, and as a day where it ends one', () => {
    expect(toldExpiry('2027-01-31T23:00:00.000Z', 'Europe/Zurich')).to.equal(
      '2027-01-31T23:00:00Z, the end of 2027-01-31 in Europe/Zurich',
    );
    expect(toldExpiry('2027-01-31T23:00:00.000Z', 'UTC')).to.equal('2027-01-31T23:00:00Z');
  });
});
