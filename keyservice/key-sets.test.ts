import { expect } from 'chai';
import { kidOf } from '#envelope/node-cipher.ts';
import { ed25519Pair, jwkSet, octJwk, rsaPair } from '../test/keys.ts';
import { problemOf } from '../test/refusal.ts';
import { parseEnvelopeKeys, parseSigningKeys, parseVerifyingKeys } from './key-sets.ts';

const [rsa, otherRsa, ed25519] = [rsaPair(), rsaPair(), ed25519Pair()];

describe('a key set', () => {
  it('keeps its order, and identifies its keys by their thumbprints', async () => {
    const keys = await parseEnvelopeKeys(
      jwkSet(rsa.privateJwk, { ...otherRsa.privateJwk, kid: kidOf(otherRsa.publicJwk) }),
    );
    expect(keys.map((key) => key.private.kid)).to.deep.equal(
      [rsa, otherRsa].map((pair) => kidOf(pair.publicJwk)),
    );
    expect(keys.map((key) => key.recipient.kid)).to.deep.equal(keys.map((key) => key.private.kid));
    expect(keys[0].publicJwk).to.have.all.keys('kty', 'n', 'e');
    expect((await parseSigningKeys(jwkSet(ed25519.privateJwk)))[0].kid).to.equal(kidOf(ed25519.publicJwk));
    expect((await parseVerifyingKeys(jwkSet(ed25519.publicJwk)))[0].kid).to.equal(kidOf(ed25519.publicJwk));
  });

  it('is refused when it is empty, of another form, or holds a key twice', async () => {
    for (const content of ['{}', '[]', 'null', '{"keys":{}}']) {
      expect(await problemOf(parseEnvelopeKeys(content))).to.contain('it has no list "keys"');
    }
    expect(await problemOf(parseEnvelopeKeys(jwkSet()))).to.contain('it has no key');
    expect(await problemOf(parseEnvelopeKeys(jwkSet(rsa.privateJwk, rsa.privateJwk)))).to.contain(
      'key 2 is listed twice',
    );
  });

  it('is refused when a key is of another kind or size, public where private is required, or the reverse', async () => {
    const sizes = [1024, 2560].map((bits) => rsaPair(bits).privateJwk);
    for (const key of [rsa.publicJwk, ed25519.privateJwk, octJwk(), ...sizes, null, 'x']) {
      expect(await problemOf(parseEnvelopeKeys(jwkSet(key)))).to.contain(
        'key 1 is not an RSA private key of 2048, 3072 or 4096 bits',
      );
    }
    expect(await problemOf(parseSigningKeys(jwkSet(ed25519.publicJwk)))).to.contain(
      'key 1 is not an Ed25519 private key',
    );
    expect(await problemOf(parseVerifyingKeys(jwkSet(ed25519.privateJwk)))).to.contain(
      'key 1 is not an Ed25519 public key',
    );
  });

  it('is refused when a key claims another key’s id', async () => {
    const posing = { ...rsa.privateJwk, kid: kidOf(otherRsa.publicJwk) };
    expect(await problemOf(parseEnvelopeKeys(jwkSet(posing)))).to.contain(
      'has a kid other than its thumbprint',
    );
  });

  it('never shows a member of a key in its message', async () => {
    for (const damaged of [
      { ...rsa.privateJwk, d: 'MARKER' },
      { ...rsa.privateJwk, p: 77_001 },
    ]) {
      const problem = await problemOf(parseEnvelopeKeys(jwkSet(damaged)));
      expect(problem).not.to.match(/MARKER|77001/);
    }
  });
});
