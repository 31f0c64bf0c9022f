import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { fc } from '../test/properties.ts';
import { rsaPair } from '../test/keys.ts';
import { byKid } from './cipher.ts';
import { openInner } from './inner/open.ts';
import { sealInner } from './inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from './names.ts';
import { kidOf, nodeCipher } from './node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from './node-private.ts';
import { parseEnvelope } from './outer/layout.ts';
import { openOuter } from './outer/open.ts';
import { sealOuter } from './outer/seal.ts';
import { rsaRecipient, webCipher } from './web-cipher.ts';

interface Vector {
  readonly token: string;
  readonly now: string;
  readonly iv: readonly number[];
  readonly src: string;
  readonly secret: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('../test/vectors/fernet/generate.json', import.meta.url), 'utf8'),
) as readonly Vector[]; // a file of the repository
function bytes(length: number) {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

describe('the cipher port on WebCrypto', () => {
  for (const { src, now, iv, secret, token } of vectors) {
    it(`seals the published inner token for ${src}`, async () => {
      const cipher = { ...webCipher, random: () => Uint8Array.from(iv) };
      const key = Buffer.from(secret, 'base64url');
      const input = { key, plaintext: Buffer.from(src), nowSeconds: Date.parse(now) / 1000 };
      expect(await sealInner(cipher, input)).to.equal(token);
    });
  }

  it('gives the same results as node:crypto throughout', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes(32),
        bytes(16),
        bytes(12),
        fc.uint8Array({ maxLength: 200 }),
        async (key, iv, nonce, data) => {
          const half = key.subarray(0, 16);
          expect(Buffer.from(await webCipher.sha256(data))).to.deep.equal(await nodeCipher.sha256(data));
          expect(Buffer.from(await webCipher.hmacSha256(half, data))).to.deep.equal(
            await nodeCipher.hmacSha256(half, data),
          );
          expect(Buffer.from(await webCipher.cbcEncrypt(half, iv, data))).to.deep.equal(
            await nodeCipher.cbcEncrypt(half, iv, data),
          );
          const web = await webCipher.gcmEncrypt(key, nonce, iv, data);
          const node = await nodeCipher.gcmEncrypt(key, nonce, iv, data);
          expect([Buffer.from(web.ciphertext), Buffer.from(web.tag)]).to.deep.equal([
            node.ciphertext,
            node.tag,
          ]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('seals both layers as the keyservice and the init container open them', async () => {
    const keys = rsaPair();
    const recipient = await rsaRecipient(keys.publicJwk);
    expect(recipient.kid).to.equal(kidOf(keys.publicJwk));
    const key = webCipher.random(32);
    const plaintext = webCipher.random(65_536);
    const token = await sealInner(webCipher, { key, plaintext, nowSeconds: 1_800_000_000 });
    const header = {
      ownerId: parseOwnerId('0d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11')!,
      secretId: parseSecretId('7c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6')!,
      name: parseSecretName('db-password')!,
      version: 1,
      gen: 1,
      salt: webCipher.random(16),
    };
    const envelope = await sealOuter(webCipher, recipient, header, token);
    const identities = byKid([rsaIdentity(rsaPrivateKey(keys.privateJwk))]);
    const opened = await openOuter(nodeCipher, identities, parseEnvelope(envelope));
    expect(opened).to.equal(token);
    expect(Buffer.from(await openInner(nodeCipher, key, opened))).to.deep.equal(Buffer.from(plaintext));
  });

  it('refuses a short key, or anything that is not one', async () => {
    for (const jwk of [rsaPair(1024).publicJwk, { kty: 'oct', k: 'AAAA' }, {}]) {
      const failure = await rsaRecipient(jwk).then(
        () => 'taken',
        () => 'refused',
      );
      expect(failure).to.equal('refused');
    }
  });
});
