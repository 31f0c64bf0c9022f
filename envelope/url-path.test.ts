import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import { urlPath } from './url-path.ts';

const HOST = 'https://host.example';

describe('the path of a URL', () => {
  it('keeps each value in its own segment, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (namespace, name) => {
        fc.pre([namespace, name].every((value) => !/^\.{0,2}$/.test(value) && !/\p{Cs}/u.test(value)));
        const url = new URL(HOST + urlPath`/namespaces/${namespace}/pods/${name}?limit=1`);
        const segments = url.pathname.split('/').map(decodeURIComponent);
        expect(segments).to.deep.equal(['', 'namespaces', namespace, 'pods', name]);
        expect([url.search, url.hash]).to.deep.equal(['?limit=1', '']);
      }),
    );
  });

  it('stays on the intended path', () => {
    for (const value of ['a/b', '../secrets', 'a?b', 'a#b', 'a%2fb', 'a\\b', 'a b', 'é', '%2e%2e']) {
      const { pathname } = new URL(HOST + urlPath`/pods/${value}/log`);
      expect(pathname.split('/'), value).to.have.length(4);
      expect(decodeURIComponent(pathname), value).to.equal(`/pods/${value}/log`);
    }
  });

  it('refuses a value that a URL parser would take for a dot segment, or for nothing', () => {
    for (const value of ['', '.', '..', '\ud800']) expect(() => urlPath`/pods/${value}`).to.throw(RangeError);
  });

  it('keeps a query value in its place', () => {
    const { searchParams } = new URL(HOST + urlPath`/pods?continue=${'a&limit=9#'}`);
    expect([...searchParams]).to.deep.equal([['continue', 'a&limit=9#']]);
  });
});
