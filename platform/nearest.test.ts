import { expect } from 'chai';
import { nearest } from './nearest.ts';

describe('what was probably meant', () => {
  const names = ['db-password', 'db-passwords', 'aws-key', 'a', 'tls.key'];

  for (const [word, meant] of [
    ['db-pasword', 'db-password'],
    ['db-passwrod', 'db-password'],
    ['DB-PASSWORD', 'db-password'],
    ['db_password', 'db-password'],
    ['aws-kye', 'aws-key'],
    ['awskey', 'aws-key'],
    ['b', undefined],
    ['ab', 'a'],
    ['github-token', undefined],
    ['xyz', undefined],
    ['', undefined],
  ] as const) {
    it(`by ${JSON.stringify(word)} is ${meant ?? 'nothing that there is'}`, () => {
      expect(nearest(word, names)).to.equal(meant);
    });
  }
});
