import { expect } from 'chai';
import { endOfDay, isEndOfDay, knownZone, lastDay, localZone, parseInstant } from './expiry.ts';

function end(day: string, zone: string): string | undefined {
  const at = endOfDay(day, zone);
  return at === undefined ? undefined : new Date(at).toISOString();
}

describe('the end of a day', () => {
  const ends = [
    ['2027-01-31', 'UTC', '2027-02-01T00:00:00.000Z'],
    ['2027-01-31', 'Europe/Zurich', '2027-01-31T23:00:00.000Z'],
    ['2027-07-31', 'Europe/Zurich', '2027-07-31T22:00:00.000Z'],
    ['2027-01-31', 'America/Los_Angeles', '2027-02-01T08:00:00.000Z'],
    ['2027-01-31', 'Asia/Kolkata', '2027-01-31T18:30:00.000Z'],
    ['2027-01-31', 'Pacific/Kiritimati', '2027-01-31T10:00:00.000Z'],
    ['2027-01-31', 'Pacific/Pago_Pago', '2027-02-01T11:00:00.000Z'],
    ['2027-12-31', 'Asia/Kathmandu', '2027-12-31T18:15:00.000Z'],
    ['2028-02-29', 'UTC', '2028-03-01T00:00:00.000Z'],
    // The clocks change on this day, and at this midnight: the next day begins at 01:00, or this one ends twice.
    ['2027-03-28', 'Europe/Zurich', '2027-03-28T22:00:00.000Z'],
    ['2018-11-03', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2018-02-17', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
    ['1970-01-01', 'UTC', '1970-01-02T00:00:00.000Z'],
  ] as const;
  for (const [day, zone, instant] of ends) {
    it(`of ${day} in ${zone} is ${instant}`, () => {
      expect(end(day, zone)).to.equal(instant);
      expect(lastDay(Date.parse(instant), zone)).to.equal(day);
      expect(isEndOfDay(Date.parse(instant), zone)).to.equal(true);
    });
  }

  it('is that of no day which the calendar lacks, nor of what is not a day', () => {
    const days = [
      '2027-02-30',
      '2027-02-29',
      '2027-04-31',
      '2027-13-01',
      '2027-00-10',
      '2027-01-00',
      '0227-01-31',
    ];
    for (const day of [...days, '2027-1-31', '31.01.2027', '2027-01-31T00:00:00Z', ' 2027-01-31', ''])
      expect(end(day, 'Europe/Zurich'), day).to.equal(undefined);
  });

  it('can be written as a time, or there is none', () => {
    expect(end('9999-12-31', 'Asia/Tokyo')).to.equal('9999-12-31T15:00:00.000Z');
    expect(end('9999-12-31', 'UTC')).to.equal(undefined);
    expect(end('9999-12-31', 'America/Los_Angeles')).to.equal(undefined);
  });

  it('is another in another zone', () => {
    const at = endOfDay('2027-01-31', 'America/Los_Angeles') ?? NaN;
    expect(lastDay(at, 'UTC')).to.equal('2027-02-01');
    expect(isEndOfDay(at, 'UTC')).to.equal(false);
  });
});

describe('an instant', () => {
  it('has an offset, and a day that the calendar has', () => {
    expect(parseInstant('2027-01-31T12:00:00+02:00')).to.equal(Date.UTC(2027, 0, 31, 10));
    expect(parseInstant('2027-01-31T12:00Z')).to.equal(Date.UTC(2027, 0, 31, 12));
    for (const text of [
      '2027-02-30T12:00:00Z',
      '2027-01-31T25:00:00Z',
      '2027-01-31T12:00:00',
      '9999-12-31T23:59:59-01:00',
    ])
      expect(parseInstant(text), text).to.equal(undefined);
  });
});

describe('a time zone', () => {
  it('that this machine does not know is UTC', () => {
    expect(knownZone('Europe/Zurich')).to.equal('Europe/Zurich');
    for (const zone of ['', 'Nowhere/Else', '../etc', 'x'.repeat(1_000)])
      expect(knownZone(zone)).to.equal('UTC');
    expect(knownZone(localZone())).to.equal(localZone());
  });
});
