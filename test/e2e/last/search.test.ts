import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSearch, needlesOf } from './search.ts';
import { testFolder } from '../../folder.ts';

describe('the search for plaintext', () => {
  const secret = randomBytes(32);
  const search = createSearch([...needlesOf('it', secret), ...needlesOf('another', randomBytes(32))]);
  const encodings: Record<string, (bytes: Buffer) => Buffer> = {
    raw: (bytes) => bytes,
    base64: (bytes) => Buffer.from(bytes.toString('base64')),
    base64url: (bytes) => Buffer.from(bytes.toString('base64url')),
    hexadecimal: (bytes) => Buffer.from(bytes.toString('hex')),
    'upper-case hexadecimal': (bytes) => Buffer.from(bytes.toString('hex').toUpperCase()),
    'two bytes for each character': (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
  };

  for (const [name, encode] of Object.entries(encodings)) {
    it(`finds ${name}, wherever it begins and whatever surrounds it`, () => {
      for (let before = 0; before < 100; before += 1) {
        const whole = Buffer.concat([randomBytes(before), secret, randomBytes(before % 7)]);
        const found = [
          ...search.inBytes(Buffer.concat([randomBytes(before % 31), encode(whole), randomBytes(40)])),
        ];
        expect(found, `after ${before} bytes`).to.have.length(1);
        expect(found[0]).to.match(/^it /);
      }
    });
  }

  it('finds it at the very beginning and the very end', () => {
    expect(search.inBytes(secret)).to.have.property('size', 1);
    expect(search.inBytes(Buffer.concat([randomBytes(1000), secret]))).to.have.property('size', 1);
  });

  it('finds nothing where one byte differs, or the last one is missing', () => {
    for (let at = 0; at < secret.length; at += 1) {
      const other = Buffer.from(secret);
      other[at]! ^= 1;
      expect(search.inBytes(Buffer.concat([other, randomBytes(64)])).size).to.equal(0);
    }
    expect(search.inBytes(secret.subarray(0, 31)).size).to.equal(0);
  });

  it('finds it across the pieces in which a file is read', () => {
    const dir = testFolder('search');
    const piece = 16 * 1024 * 1024;
    const file = join(dir, 'large');
    for (const at of [piece - 33, piece - 31, piece - 1, piece, 2 * piece - 60]) {
      const bytes = Buffer.alloc(2 * piece + 10, 'x');
      secret.copy(bytes, at);
      writeFileSync(file, bytes);
      expect(search.inFile(file), `at ${at}`).to.have.property('size', 1);
    }
  });

  it('refuses what is too short to be found reliably', () => {
    expect(() => createSearch([{ what: 'it', bytes: randomBytes(31) }])).to.throw('it is too short');
  });
});
