import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sealInner } from '#envelope/inner/seal.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import { openRenkuRow, openRenkuUserKey, renkuPrivateKey } from './renku-rows.ts';

interface Vectors {
  readonly user_id: string;
  readonly data_service_encryption_key_hex: string;
  readonly user_secret_key: string;
  readonly derived_inner_fernet_key: string;
  readonly derived_outer_fernet_key: string;
  readonly 'db.users.secret_key': string;
  readonly rsa_private_key_pkcs8_pem: string;
  readonly cases: readonly {
    readonly name: string;
    /** Null where the row is too long for the file: it is made again, and checked by its digest. */
    readonly plaintext_b64: string | null;
    readonly encrypted_value: string | null;
    readonly encrypted_value_sha256: string;
    readonly encrypted_key_b64: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../test/vectors/renku.json', import.meta.url), 'utf8'),
) as Vectors; // the file is part of the repository
function sealedAs(iv: number, key: string, plaintext: string): Promise<string> {
  return sealInner(
    { ...nodeCipher, random: (bytes) => new Uint8Array(bytes).fill(iv) },
    { key: Buffer.from(key, 'base64'), plaintext: Buffer.from(plaintext), nowSeconds: 0x6553f100 },
  );
}
const longest = 'A'.repeat(5000);
async function longestRow(): Promise<string> {
  return sealedAs(
    2,
    vectors.derived_outer_fernet_key,
    await sealedAs(1, vectors.derived_inner_fernet_key, longest),
  );
}
const encryptedKey = Buffer.from(vectors.cases[0]!.encrypted_key_b64, 'base64');

describe('Renku’s stored rows', () => {
  it('give up the user key under the at-rest key', async () => {
    const atRest = Buffer.from(vectors.data_service_encryption_key_hex, 'hex');
    const userKey = await openRenkuUserKey(atRest, vectors.user_id, vectors['db.users.secret_key']);
    expect(userKey).to.equal(vectors.user_secret_key);
  });

  for (const { name, plaintext_b64, encrypted_value, encrypted_value_sha256 } of vectors.cases) {
    it(`give up their value: ${name}`, async () => {
      const encryptedValue = encrypted_value ?? (await longestRow());
      expect(createHash('sha256').update(encryptedValue).digest('hex')).to.equal(encrypted_value_sha256);
      const row = { userId: vectors.user_id, encryptedKey, encryptedValue };
      const value = await openRenkuRow(
        renkuPrivateKey(vectors.rsa_private_key_pkcs8_pem),
        vectors.user_secret_key,
        row,
      );
      expect(Buffer.from(value).toString('base64')).to.equal(
        plaintext_b64 ?? Buffer.from(longest).toString('base64'),
      );
    });
  }

  it('are refused under another user’s id', async () => {
    const row = { userId: 'somebody-else', encryptedKey, encryptedValue: vectors.cases[0]!.encrypted_value! };
    const key = renkuPrivateKey(vectors.rsa_private_key_pkcs8_pem);
    const failure = await openRenkuRow(key, vectors.user_secret_key, row).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'not_authentic');
  });
});
