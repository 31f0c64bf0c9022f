import { expect } from 'chai';
import { listPath, orderOf, parseListQuery, sortedBy } from './list-query.ts';

function parsed(query: string) {
  const members = new URLSearchParams(query);
  return parseListQuery((name) => members.get(name) ?? '');
}

describe('the address of a list of secrets', () => {
  for (const [given, meant] of [
    ['', '/secrets'],
    ['sort=name&page=1&filter=', '/secrets'],
    ['filter=+db+&sort=-name&page=3', '/secrets?filter=db&sort=-name&page=3'],
    ['sort=used', '/secrets?sort=used'],
    ['sort=actions&page=0', '/secrets'],
    ['sort=-constructor&page=1e3', '/secrets'],
    ['sort=--used&page=-1', '/secrets'],
    ['after=db&page=99999999999', '/secrets'],
  ] as const)
    it(`with “${given}” is ${meant}`, () => {
      expect(listPath(parsed(given))).to.equal(meant);
    });

  it('is sorted by a column as people look for it first, then the other way, from the first page on', () => {
    const second = sortedBy(parsed('filter=x&page=4'), 'used');
    expect(listPath(second)).to.equal('/secrets?filter=x&sort=-used');
    expect(orderOf(second)).to.deep.equal({ by: 'lastUsedAt', descending: true });
    expect(listPath(sortedBy(second, 'used'))).to.equal('/secrets?filter=x&sort=used');
    expect(listPath(sortedBy(second, 'expires'))).to.equal('/secrets?filter=x&sort=expires');
    expect(listPath(sortedBy(parsed(''), 'name'))).to.equal('/secrets?sort=-name');
  });
});
