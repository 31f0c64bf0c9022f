import { expect } from 'chai';
import { compactDecrypt, importJWK } from 'jose';
import { octJwk } from '../test/keys.ts';
import { failureOf } from '../test/refusal.ts';
import { byKid } from './cipher.ts';
import { parseOwnerId } from './names.ts';
import { keyEncryptionKey, nodeCipher } from './node-cipher.ts';
import { openUserKey, sealUserKey } from './user-key.ts';

const jwk = octJwk();
const atRest = keyEncryptionKey(jwk);
const other = keyEncryptionKey(octJwk());
const keys = byKid([atRest, other]);
const ownerId = parseOwnerId('0d8b4c6e-5f3a-4f0e-9a57-0f7f2d3c1a11')!;
const userKey = nodeCipher.random(32);
const id = { ownerId, gen: 1, kid: atRest.kid };
function seal(): Promise<string> {
  return sealUserKey(nodeCipher, atRest, id, userKey);
}

describe('a user key at rest', () => {
  it('opens for its own row, and in jose', async () => {
    const sealed = await seal();
    expect(Buffer.from(await openUserKey(keys, id, sealed))).to.deep.equal(Buffer.from(userKey));
    const { plaintext } = await compactDecrypt(sealed, await importJWK(jwk, 'dir'));
    expect(Buffer.from(plaintext)).to.deep.equal(Buffer.from(userKey));
  });

  it('is refused for another owner, generation or key', async () => {
    const elsewhere = parseOwnerId('11111111-1111-4111-8111-111111111111')!;
    for (const row of [
      { ...id, ownerId: elsewhere },
      { ...id, gen: 2 },
      { ...id, kid: other.kid },
    ]) {
      expect((await failureOf(openUserKey(keys, row, await seal()))).code).to.equal('malformed');
    }
    expect((await failureOf(openUserKey(byKid([other]), id, await seal()))).code).to.equal('unknown_key');
  });

  it('is refused with any character changed, or cut at any length', async () => {
    const sealed = await seal();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      expect((await failureOf(openUserKey(keys, id, changed))).code).to.be.oneOf([
        'malformed',
        'not_authentic',
      ]);
      expect((await failureOf(openUserKey(keys, id, sealed.slice(0, at)))).code).to.equal('malformed');
    }
  });
});
