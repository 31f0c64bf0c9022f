import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { deriveInnerKey, innerKeyInfo } from './derive.ts';
import { parseOwnerId, parseSecretId } from './names.ts';
import { nodeCipher } from './node-cipher.ts';

interface Worked {
  readonly userKey: string;
  readonly salt: string;
  readonly ownerId: string;
  readonly gen: number;
  readonly secretId: string;
  readonly version: number;
  readonly info: string;
  readonly innerKey: string;
}
const vector = JSON.parse(
  readFileSync(new URL('../test/vectors/inner-key.json', import.meta.url), 'utf8'),
) as Worked; // part of the repository
const write = {
  ownerId: parseOwnerId(vector.ownerId)!,
  secretId: parseSecretId(vector.secretId)!,
  version: vector.version,
  gen: vector.gen,
  salt: Buffer.from(vector.salt, 'hex'),
};

describe('the inner key of a write', () => {
  it('matches the worked vector, which Python’s hmac computed from the field table', async () => {
    expect(Buffer.from(innerKeyInfo(write)).toString('hex')).to.equal(vector.info);
    const key = await deriveInnerKey(nodeCipher, Buffer.from(vector.userKey, 'hex'), write);
    expect(Buffer.from(key).toString('hex')).to.equal(vector.innerKey);
  });

  it('cannot be shifted from one field into the next: each is preceded by its length', () => {
    const shifted = { ...write, gen: 11, version: 1 };
    expect(innerKeyInfo({ ...shifted, gen: 1, version: 11 })).not.to.deep.equal(innerKeyInfo(shifted));
  });
});
