import { expect } from 'chai';
import { createRoot, type Issued } from './issue.ts';
import { isKeyOf, parseCertificate, parsePrivateKey } from './pem.ts';
import { pooledKeyPair } from './testing/issued-folder.ts';

describe('Twofold’s PEM', () => {
  let root: Issued;
  before(async () => {
    root = await createRoot({
      commonName: 'Twofold root',
      now: new Date(),
      validDays: 1,
      newKeyPair: pooledKeyPair,
    });
  });

  const parsers = { certificatePem: parseCertificate, keyPem: parsePrivateKey } as const;
  for (const what of ['certificatePem', 'keyPem'] as const) {
    describe(what === 'keyPem' ? 'of a private key' : 'of a certificate', () => {
      it('is read back as it was written', () => {
        expect(parsers[what](root[what])).not.to.equal(undefined);
      });

      it('is refused cut at any length', () => {
        for (let length = 0; length < root[what].length; length += 1) {
          expect(parsers[what](root[what].slice(0, length)), `${length}`).to.equal(undefined);
        }
      });

      it('is refused with anything before, inside or after it', () => {
        for (const text of [
          `\n${root[what]}`,
          `${root[what]}\n`,
          root[what].replaceAll('\n', '\r\n'),
          root[what] + root[what],
        ]) {
          expect(parsers[what](text)).to.equal(undefined);
        }
      });
    });
  }

  it('is refused with any one character changed, or no longer matches, or works as before', () => {
    const body = root.keyPem.indexOf('\n') + 1;
    let mismatched = 0;
    // Not every one: signatures take time.
    for (let index = body; index < root.keyPem.indexOf('\n-----END'); index += 11) {
      const changed = root.keyPem[index] === 'A' ? 'B' : 'A';
      const key = parsePrivateKey(root.keyPem.slice(0, index) + changed + root.keyPem.slice(index + 1));
      if (key !== undefined && !isKeyOf(root.certificate, key)) mismatched += 1;
    }
    expect(mismatched).to.be.greaterThan(0);
  });

  it('does not accept another certificate’s key', async () => {
    const other = await createRoot({
      commonName: 'Twofold root',
      now: new Date(),
      validDays: 1,
      newKeyPair: pooledKeyPair,
    });
    expect(isKeyOf(root.certificate, root.key)).to.be.true;
    expect(isKeyOf(root.certificate, other.key)).to.be.false;
  });
});
