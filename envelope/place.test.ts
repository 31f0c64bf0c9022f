import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import { parsePlace, placeDifference, type Place } from './place.ts';
import { parsePodPattern } from './pod.ts';

const place: Place = { ns: 'sessions', sa: 'default', name: 'train-0', generateName: 'train-', by: 'alice' };
function changed(change: object): unknown {
  return parsePlace({ ...place, ...change });
}

describe('a pod’s place', () => {
  it('has exactly its members, in any order', () => {
    expect(parsePlace(place)).to.deep.equal(place);
    expect(parsePlace(Object.fromEntries(Object.entries(place).reverse()))).to.deep.equal(place);
    for (const member of ['namespace', 'uid', 'toString', '__proto__'])
      expect(parsePlace(JSON.parse(`${JSON.stringify(place).slice(0, -1)},"${member}":"x"}`))).to.equal(
        undefined,
      );
    for (const member of ['ns', 'sa', 'by'])
      expect(changed({ [member]: undefined }), member).to.equal(undefined);
    for (const value of [undefined, null, 'sessions', 1, [], [place], {}])
      expect(parsePlace(value)).to.equal(undefined);
  });

  it('has a name, or the beginning of one', () => {
    const { name: _name, generateName: _generateName, ...rest } = place;
    expect(parsePlace({ ...rest, name: 'a' })).to.deep.equal({ ...rest, name: 'a' });
    expect(parsePlace({ ...rest, generateName: 'a-' })).to.deep.equal({ ...rest, generateName: 'a-' });
    expect(parsePlace(rest)).to.equal(undefined);
  });

  it('holds only valid Kubernetes names', () => {
    const long = 'a'.repeat(254);
    for (const ns of ['', 'A', 'a.b', 'a_b', 'a'.repeat(64), 'a\n', 7, null])
      expect(changed({ ns }), String(ns)).to.equal(undefined);
    for (const text of ['', 'A', 'a..b', 'a/b', '-a', 'a ', 'a\n', long, 7, null, ['a']]) {
      expect(changed({ sa: text }), String(text)).to.equal(undefined);
      expect(changed({ name: text }), String(text)).to.equal(undefined);
    }
    for (const text of ['', 'A', '-a', 'a*', 'a/', 'a\n', long, 7, null])
      expect(changed({ generateName: text }), String(text)).to.equal(undefined);
  });

  it('accepts any username that can be shown, and no other', () => {
    const usable = [
      'system:serviceaccount:hub:hub',
      'https://id.example#7',
      'Åsa Öberg',
      '😀',
      'a'.repeat(1024),
    ];
    for (const by of usable) expect(changed({ by }), by).to.have.property('by', by);
    const unusable = [
      '',
      'a\u0000',
      'a\nb',
      '\u001b[2J',
      'a\u007f',
      'a\u0085',
      '\ud800',
      'a\u2028',
      'a\u202e',
    ];
    for (const by of [...unusable, 'a'.repeat(1025), 7, null])
      expect(changed({ by }), JSON.stringify(by)).to.equal(undefined);
  });

  it('is one that a ticket is for where each member matches; otherwise names the one that does not', () => {
    const pod = parsePodPattern('train-*')!;
    const ticket = { ns: 'sessions', sa: 'default', pod };
    expect(placeDifference(ticket, place)).to.equal(undefined);
    expect(placeDifference({ ns: 'sessions', sa: 'default' }, { ...place, name: 'x' })).to.equal(undefined);
    const name = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(name, name, name, (ns, sa, other) => {
        const found = placeDifference(ticket, { ...place, ns, sa, name: other });
        const first = ns !== ticket.ns ? 'ns' : sa !== ticket.sa ? 'sa' : 'pod';
        expect(found?.claim).to.equal(first);
        expect(found?.words).to.contain(first === 'pod' ? 'train-*' : ticket[first]);
      }),
    );
  });
});
