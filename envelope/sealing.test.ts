import { expect } from 'chai';
import { rsaPair } from '../test/keys.ts';
import { failureOf } from '../test/refusal.ts';
import { encodeBase64url } from './base64url.ts';
import { utf8 } from './bytes.ts';
import { byKid } from './cipher.ts';
import { openInner } from './inner/open.ts';
import * as node from './node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from './node-private.ts';
import { parseEnvelope } from './outer/layout.ts';
import { openOuter } from './outer/open.ts';
import { sealOffered, type SealingOffer } from './sealing.ts';
import * as web from './web-cipher.ts';

const { nodeCipher } = node;
const keys = rsaPair();
const publicKey = { ...keys.publicJwk, kid: node.kidOf(keys.publicJwk) };
const innerKey = nodeCipher.random(32);
const offer: SealingOffer = {
  ownerId: '0d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11',
  secretId: '7c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6',
  version: 3,
  gen: 2,
  salt: encodeBase64url(nodeCipher.random(16)),
  innerKey: encodeBase64url(innerKey),
  publicKey,
};
const name = 'db-password';
const value = utf8('s3cret');

const ciphers = {
  'on node:crypto': { cipher: nodeCipher, rsaRecipient: node.rsaRecipient },
  'on WebCrypto': { cipher: web.webCipher, rsaRecipient: web.rsaRecipient },
};

for (const [where, { cipher, rsaRecipient }] of Object.entries(ciphers)) {
  it(`seals to no RSA key of another size than an envelope can have, ${where}`, async () => {
    for (const bits of [1024, 2560]) {
      const recipient = (async () => await rsaRecipient(rsaPair(bits).publicJwk))();
      expect(await recipient.catch(String), `${bits} bits`).to.contain('2048, 3072 or 4096 bits');
    }
  });

  describe(`sealing by a client ${where}`, () => {
    const sealFor = async (change: Partial<SealingOffer>, as = name) =>
      sealOffered(
        { cipher, recipient: await rsaRecipient(publicKey), nowMs: 1_800_000_000_999 },
        { name: as, offer: { ...offer, ...change } },
        value,
      );

    it('gives an envelope of exactly the offered write, which the other zones open, and leaves the value alone', async () => {
      const { envelope, ...said } = await sealFor({});
      expect(said).to.deep.equal({ size: value.length, envSafe: true });
      const parsed = parseEnvelope(envelope);
      const { salt, ...header } = parsed.header;
      const { ownerId, secretId, version, gen } = offer;
      expect(header).to.deep.equal({ kid: publicKey.kid, ownerId, secretId, name, version, gen });
      expect(encodeBase64url(salt)).to.equal(offer.salt);
      const identities = byKid([rsaIdentity(rsaPrivateKey(keys.privateJwk))]);
      const token = await openOuter(nodeCipher, identities, parsed);
      expect(Buffer.from(await openInner(nodeCipher, innerKey, token)).toString()).to.equal('s3cret');
      expect(Buffer.from(value).toString()).to.equal('s3cret');
    });

    it('refuses a key under another key’s id, and names the malformed part of an offer', async () => {
      const another = { ...publicKey, kid: node.kidOf(rsaPair().publicJwk) };
      for (const [change, part] of [
        [{ publicKey: another }, 'key'],
        [{ publicKey: keys.publicJwk }, 'key'],
        [{ ownerId: 'alice' }, 'owner id'],
        [{ secretId: '' }, 'secret id'],
        [{ salt: '=' }, 'salt'],
        [{ innerKey: '!' }, 'inner key'],
      ] as const) {
        const failure = await failureOf(sealFor(change));
        expect([failure.code, failure.message.includes(part)], part).to.deep.equal(['malformed', true]);
      }
      expect(await failureOf(sealFor({}, '..'))).to.include({
        code: 'malformed',
        message: 'name is malformed',
      });
    });
  });
}
