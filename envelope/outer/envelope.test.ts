import { expect } from 'chai';
import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';
import { rsaPair } from '../../test/keys.ts';
import { fc } from '../../test/properties.ts';
import { failureOf } from '../../test/refusal.ts';
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { fromUtf8, utf8 } from '../bytes.ts';
import { byKid } from '../cipher.ts';
import { deriveInnerKey } from '../derive.ts';
import { openInner } from '../inner/open.ts';
import { sealInner } from '../inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '../names.ts';
import { kidOf, nodeCipher, rsaRecipient } from '../node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '../node-private.ts';
import { parseEnvelope, type EnvelopeHeader } from './layout.ts';
import { openOuter } from './open.ts';
import { sealOuter } from './seal.ts';

const keys = rsaPair();
const recipient = rsaRecipient(keys.publicJwk);
const identities = byKid([rsaIdentity(rsaPrivateKey(keys.privateJwk))]);
const header: Omit<EnvelopeHeader, 'kid'> = {
  ownerId: parseOwnerId('0d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11')!,
  secretId: parseSecretId('7c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6')!,
  name: parseSecretName('db-password')!,
  version: 3,
  gen: 1,
  salt: nodeCipher.random(16),
};
function seal(token = 'inner-token'): Promise<string> {
  return sealOuter(nodeCipher, recipient, header, token);
}
// Async, so that what parsing throws is a rejection too.
async function open(envelope: string): Promise<string> {
  return openOuter(nodeCipher, identities, parseEnvelope(envelope)).then(async (token) =>
    Promise.resolve(token),
  );
}
async function refusal(envelope: string): Promise<string | undefined> {
  return (await failureOf(Promise.resolve(envelope).then(open))).code;
}

describe('the envelope (JWE)', () => {
  it('brings back any inner token, and states what it was sealed with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300 }), async (token) => {
        const envelope = await seal(token.replaceAll(/[^\x20-\x7e]/g, '~'));
        expect(await open(envelope)).to.equal(token.replaceAll(/[^\x20-\x7e]/g, '~'));
        expect(parseEnvelope(envelope).header).to.deep.equal({ ...header, kid: recipient.kid });
      }),
      { numRuns: 10 },
    );
  });

  it('is opened by jose', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(
      await seal(),
      await importJWK(keys.privateJwk, 'RSA-OAEP-256'),
    );
    expect(fromUtf8(plaintext)).to.equal('inner-token');
    expect(protectedHeader).to.include({
      alg: 'RSA-OAEP-256',
      enc: 'A256GCM',
      typ: 'twofold+jwe',
      nam: 'db-password',
    });
  });

  it('may be sealed by jose', async () => {
    const members = {
      alg: 'RSA-OAEP-256',
      enc: 'A256GCM',
      kid: recipient.kid,
      typ: 'twofold+jwe',
      own: header.ownerId,
      sec: header.secretId,
      nam: header.name,
      ver: 3,
      gen: 1,
      salt: encodeBase64url(header.salt),
    };
    const jwe = await new CompactEncrypt(utf8('from jose'))
      .setProtectedHeader(members)
      .encrypt(await importJWK(keys.publicJwk, 'RSA-OAEP-256'));
    expect(await open(jwe)).to.equal('from jose');
  });

  it('is refused with any one byte of any part flipped', async () => {
    const parts = (await seal()).split('.');
    for (const [index, part] of parts.entries()) {
      const bytes = decodeBase64url(part, 'part');
      const step = bytes.length > 64 ? 7 : 1;
      for (let at = 0; at < bytes.length; at += step) {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ 1;
        const envelope = parts.with(index, encodeBase64url(flipped)).join('.');
        expect(await refusal(envelope)).to.be.oneOf(['malformed', 'not_authentic', 'unknown_key']);
      }
    }
  });

  it('is refused when cut at any length', async () => {
    const envelope = await seal();
    for (let length = 0; length < envelope.length; length += 1) {
      expect(await refusal(envelope.slice(0, length))).to.be.oneOf(['malformed', 'not_authentic']);
    }
  });

  const moved: Record<string, Partial<EnvelopeHeader>> = {
    owner: { ownerId: parseOwnerId('11111111-1111-4111-8111-111111111111')! },
    secret: { secretId: parseSecretId('22222222-2222-4222-8222-222222222222')! },
    name: { name: parseSecretName('aws-key')! },
    version: { version: 4 },
    generation: { gen: 2 },
    salt: { salt: new Uint8Array(16) },
  };
  for (const [what, change] of Object.entries(moved)) {
    it(`is refused when moved to another ${what}: both layers are bound to it`, async () => {
      const other = (await sealOuter(nodeCipher, recipient, { ...header, ...change }, 'x')).split('.')[0]!;
      const [, ...rest] = (await seal()).split('.');
      expect(await refusal([other, ...rest].join('.'))).to.equal('not_authentic');
      if (what === 'name') return; // the inner layer knows the secret by its id
      const userKey = nodeCipher.random(32);
      const key = await deriveInnerKey(nodeCipher, userKey, header);
      const token = await sealInner(nodeCipher, { key, plaintext: utf8('v'), nowSeconds: 1 });
      // The union of both is a complete header.
      const elsewhere = await deriveInnerKey(nodeCipher, userKey, { ...header, ...change });
      expect((await failureOf(openInner(nodeCipher, elsewhere, token))).code).to.equal('not_authentic');
    });
  }

  it('is refused under another key id, known or not', async () => {
    const other = rsaPair();
    const theirs = rsaIdentity(rsaPrivateKey(other.privateJwk));
    const [first, ...rest] = (await seal()).split('.');
    const text = fromUtf8(decodeBase64url(first!, 'header')).replace(recipient.kid, theirs.kid);
    const envelope = [encodeBase64url(utf8(text)), ...rest].join('.');
    expect(await refusal(envelope)).to.equal('unknown_key');
    const both = byKid([...identities.values(), theirs]);
    expect((await failureOf(openOuter(nodeCipher, both, parseEnvelope(envelope)))).code).to.equal(
      'not_authentic',
    );
  });

  const rewrites: Record<string, (json: string) => string> = {
    'an extra member': (json) => json.replace('}', ',"zip":"DEF"}'),
    'crit added': (json) => json.replace('{', '{"crit":["zip"],'),
    'a missing member': (json) => json.replace(',"gen":1', ''),
    'a member doubled': (json) => json.replace('"ver":3', '"ver":3,"ver":3'),
    'a member doubled with another value first': (json) => json.replace('"ver":3', '"ver":4,"ver":3'),
    'members in another order': (json) => json.replace(/("ver":3),("gen":1)/, '$2,$1'),
    'white space': (json) => json.replace(':', ': '),
    'an escaped character': (json) => json.replace('db-password', 'db\\u002dpassword'),
    'a number as text': (json) => json.replace('"ver":3', '"ver":"3"'),
    'a number in another notation': (json) => json.replace('"ver":3', '"ver":3.0'),
    'a version of zero': (json) => json.replace('"ver":3', '"ver":0'),
    'another algorithm': (json) => json.replace('RSA-OAEP-256', 'RSA-OAEP'),
    'another type': (json) => json.replace('twofold+jwe', 'JOSE'),
    'a byte order mark': (json) => `\ufeff${json}`,
    'an array in its place': (json) => `[${json}]`,
  };
  for (const [what, rewrite] of Object.entries(rewrites)) {
    it(`is refused with a header of ${what}`, async () => {
      const [first, ...rest] = (await seal()).split('.');
      const json = fromUtf8(decodeBase64url(first!, 'header'));
      expect(rewrite(json)).not.to.equal(json);
      expect(await refusal([encodeBase64url(utf8(rewrite(json))), ...rest].join('.'))).to.equal('malformed');
    });
  }

  it('is refused with a wrapped key of another key’s size', async () => {
    const [head, , ...rest] = (await seal()).split('.');
    for (const bytes of [255, 257, 384, 512]) {
      expect(await refusal([head, encodeBase64url(new Uint8Array(bytes)), ...rest].join('.'))).to.equal(
        'malformed',
      );
    }
  });

  it('names its key by the RFC 7638 thumbprint of the example in that RFC', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(kidOf({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256' })).to.equal(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    );
  });
});
