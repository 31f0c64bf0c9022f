/**
 * Reads Renku's stored rows, for the offline importer. Outside every service's bundle; docs/design.md#layers.
 *
 * K = PBKDF2-HMAC-SHA256(password, salt = UTF-8 user id, 480,000 rounds, 32 bytes), used as a Fernet key.
 *
 * | layer | password | content |
 * |---|---|---|
 * | user key at rest | bytes of the at-rest key file | the user's `secret_key`, text |
 * | inner | UTF-8 of that text | the value |
 * | outer | 44 ASCII characters, RSA-OAEP (SHA-256, no label) in `encrypted_key` | the inner token |
 */
import { constants, createPrivateKey, pbkdf2, privateDecrypt, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { fromUtf8 } from '#envelope/bytes.ts';
import { openInner } from '#envelope/inner/open.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';

const pbkdf2Async = promisify(pbkdf2);

async function open(password: string | Uint8Array, userId: string, token: string): Promise<Uint8Array> {
  const key = await pbkdf2Async(password, userId, 480_000, 32, 'sha256');
  try {
    return await openInner(nodeCipher, key, token);
  } finally {
    key.fill(0);
  }
}

/** `users.secret_key` to the user's key as text. Throws an EnvelopeError on a wrong at-rest key or user id. */
export async function openRenkuUserKey(
  atRestKey: Uint8Array,
  userId: string,
  secretKey: string,
): Promise<string> {
  return fromUtf8(await open(atRestKey, userId, secretKey));
}

interface RenkuRow {
  readonly userId: string;
  /** Base64 or bytes of the column `encrypted_key`. */
  readonly encryptedKey: Uint8Array;
  /** Column `encrypted_value`. */
  readonly encryptedValue: string;
}

export function renkuPrivateKey(pem: string): KeyObject {
  return createPrivateKey(pem);
}

/** The value of a row; the caller wipes it. Throws on any key but the row's. */
export async function openRenkuRow(
  privateKey: KeyObject,
  userKey: string,
  row: RenkuRow,
): Promise<Uint8Array> {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const password = privateDecrypt({ key: privateKey, padding, oaepHash: 'sha256' }, row.encryptedKey);
  try {
    const innerToken = fromUtf8(await open(password, row.userId, row.encryptedValue));
    return await open(userKey, row.userId, innerToken);
  } finally {
    password.fill(0);
  }
}
