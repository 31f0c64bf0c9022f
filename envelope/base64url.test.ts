import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import {
  decodeBase64url,
  decodePaddedBase64url,
  encodeBase64url,
  encodePaddedBase64url,
} from './base64url.ts';

describe('base64url', () => {
  it('agrees with Node’s and reads back what it wrote, with and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(encodeBase64url(bytes)).to.equal(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(encodeBase64url(bytes), 'it')).to.deep.equal(bytes);
        expect(decodePaddedBase64url(encodePaddedBase64url(bytes), 'it')).to.deep.equal(bytes);
      }),
    );
  });

  it('has one text for each byte string: anything that decodes is what encoding gives', () => {
    const symbol = fc.constantFrom(...'AQgw-_=+/ \n\u0141');
    fc.assert(
      fc.property(fc.string({ unit: symbol, maxLength: 9 }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64url(text, 'it');
        } catch {
          return;
        }
        expect(encodeBase64url(bytes)).to.equal(text);
      }),
      { numRuns: 2000 },
    );
  });

  for (const text of ['A', 'AB=', 'AB==', 'A+', 'A/', 'AB\n', 'AB', 'AAB', 'ÀÀ', '%%%%']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => decodeBase64url(text, 'it'))
        .to.throw('it is not base64url')
        .with.property('code', 'malformed');
    });
  }

  for (const text of ['AA', 'AA=', 'AA===', 'A===', '====', 'AAA==', 'AB==', 'AA==AA==']) {
    it(`refuses ${JSON.stringify(text)} where padding is due`, () => {
      expect(() => decodePaddedBase64url(text, 'it'))
        .to.throw('it is not')
        .with.property('code', 'malformed');
    });
  }
});
