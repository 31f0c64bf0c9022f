/**
 * Ten secrets, unwrapped and opened: Twofold's formats against Renku's published scheme (PBKDF2-HMAC-SHA256 of 480,000
 * rounds for each of the two layers of each secret, Fernet in Fernet, RSA-OAEP), both on node:crypto, in one process.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { byKid } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { openInner } from '#envelope/inner/open.ts';
import { sealInner } from '#envelope/inner/seal.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { openRenkuRow } from './renku-rows.ts';
import { pbkdf2Sync, publicEncrypt, constants } from 'node:crypto';
import { percentile, type Bench } from './figure.ts';

const SECRETS = 10;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const plaintext = Buffer.from('x'.repeat(40));

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a constant of the bench is malformed');
  return value;
}

/** One owner's secrets, and a function that opens them all. */
async function prepareOurs(): Promise<() => Promise<void>> {
  const recipient = rsaRecipient(publicKey.export({ format: 'jwk' })); // Node's own JWK
  const identities = byKid([
    rsaIdentity(rsaPrivateKey(privateKey.export({ format: 'jwk' }) as Record<string, unknown>)),
  ]);
  const userKey = randomBytes(32);
  const ownerId = known(parseOwnerId(randomUUID()));
  const envelopes = await Promise.all(
    Array.from({ length: SECRETS }, async (_, at) => {
      const secretId = known(parseSecretId(randomUUID()));
      const write = { ownerId, secretId, version: 1, gen: 1, salt: randomBytes(16) };
      const key = await deriveInnerKey(nodeCipher, userKey, write);
      const token = await sealInner(nodeCipher, { key, plaintext, nowSeconds: 1 });
      return await sealOuter(
        nodeCipher,
        recipient,
        { ...write, name: known(parseSecretName(`s${at}`)) },
        token,
      );
    }),
  );
  return async () => {
    for (const envelope of envelopes) {
      const parts = parseEnvelope(envelope);
      const token = await openOuter(nodeCipher, identities, parts);
      const key = await deriveInnerKey(nodeCipher, userKey, parts.header);
      const opened = await openInner(nodeCipher, key, token);
      if (!plaintext.equals(opened)) throw new Error('opened to a different value');
    }
  };
}

/** The same with Renku's rows. */
async function prepareRenku(): Promise<() => Promise<void>> {
  const userId = randomUUID();
  const userKey = randomBytes(32).toString('base64url');
  const keyOf = (password: string | Buffer): Buffer => pbkdf2Sync(password, userId, 480_000, 32, 'sha256');
  const password = Buffer.from(`${randomBytes(32).toString('base64url')}=`);
  const options = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const inner = await sealInner(nodeCipher, { key: keyOf(userKey), plaintext, nowSeconds: 1 });
  const encryptedValue = await sealInner(nodeCipher, {
    key: keyOf(password),
    plaintext: Buffer.from(inner),
    nowSeconds: 1,
  });
  const row = { userId, encryptedKey: publicEncrypt(options, password), encryptedValue };
  return async () => {
    for (let at = 0; at < SECRETS; at += 1) {
      const opened = await openRenkuRow(privateKey, userKey, row);
      if (!plaintext.equals(opened)) throw new Error('opened to a different value');
    }
  };
}

async function medianMs(work: () => Promise<void>, rounds: number): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await work();
    samples.push(performance.now() - started);
  }
  return percentile(samples, 0.5);
}

export const benchRenku: Bench = async (say) => {
  say('renku: ten secrets, both schemes');
  const ours = await prepareOurs();
  const renkus = await prepareRenku();
  await medianMs(ours, 20);
  const oursMs = await medianMs(ours, 50);
  const renkuMs = await medianMs(renkus, 3);
  return [
    { bench: 'renku', what: 'ten secrets, Twofold', value: oursMs, unit: 'ms' },
    { bench: 'renku', what: 'ten secrets, Renku’s scheme', value: renkuMs, unit: 'ms' },
    { bench: 'renku', what: 'times faster', value: renkuMs / oursMs, unit: '×', target: { atLeast: 200 } },
  ];
};
