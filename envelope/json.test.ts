import { expect } from 'chai';
import { isJsonObject, MAX_JSON_LENGTH, parseJson } from './json.ts';

describe('JSON that others wrote', () => {
  it('is read as it stands, and is undefined where the text is not JSON', () => {
    expect(parseJson('{"a":[1,null]}')).to.deep.equal({ a: [1, null] });
    expect(parseJson('null')).to.equal(null);
    for (const text of ['', '{', '{"a":1}}', "{'a':1}", 'undefined', '\ufeff{}'])
      expect(parseJson(text), text).to.equal(undefined);
  });

  it('is read up to its limit, however deep, and not beyond', () => {
    const depth = MAX_JSON_LENGTH / 2;
    expect(parseJson(' '.repeat(MAX_JSON_LENGTH - 1) + '1')).to.equal(1);
    expect(parseJson(' '.repeat(MAX_JSON_LENGTH) + '1')).to.equal(undefined);
    expect(parseJson('['.repeat(depth / 64) + ']'.repeat(depth / 64))).to.be.an('array');
  });

  it('is an object only where it is neither null nor a list', () => {
    expect(isJsonObject(parseJson('{}'))).to.equal(true);
    for (const text of ['null', '[]', '"a"', '1', 'true'])
      expect(isJsonObject(parseJson(text)), text).to.equal(false);
  });
});
