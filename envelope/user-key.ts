/**
 * A user key at rest: JWE compact, `dir` + A256GCM (RFC 7516, RFC 7518 §4.5) under the console's at-rest key.
 * Zone 1; docs/design.md#user-keys. Header members, exactly and in this order: `alg` "dir", `enc` "A256GCM",
 * `kid`, `own`, `gen`. The second part is empty, as `dir` requires.
 */
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { utf8 } from './bytes.ts';
import type { Cipher, KeyEncryptionKey } from './cipher.ts';
import { USER_KEY_BYTES } from './derive.ts';
import { EnvelopeError, malformed, notAuthentic } from './errors.ts';
import type { Kid, OwnerId } from './names.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

interface UserKeyId {
  readonly ownerId: OwnerId;
  readonly gen: number;
}

function encodeHeader(kid: Kid, { ownerId, gen }: UserKeyId): string {
  return encodeBase64url(utf8(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid, own: ownerId, gen })));
}

export async function sealUserKey(
  cipher: Pick<Cipher, 'random'>,
  atRest: KeyEncryptionKey,
  id: UserKeyId,
  userKey: Uint8Array,
): Promise<string> {
  if (userKey.length !== USER_KEY_BYTES) throw new RangeError('a user key has 32 bytes');
  const header = encodeHeader(atRest.kid, id);
  const iv = cipher.random(IV_BYTES);
  const { ciphertext, tag } = await atRest.encrypt(iv, utf8(header), userKey);
  return [header, '', ...[iv, ciphertext, tag].map(encodeBase64url)].join('.');
}

interface SealedUserKey {
  readonly header: string;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** Takes a sealed user key apart. Throws `malformed` when it is not of this owner, generation and key. */
export function parseUserKey(id: UserKeyId & { readonly kid: Kid }, sealed: string): SealedUserKey {
  const [header, empty, iv64, ciphertext64, tag64, ...more] = sealed.split('.', 6);
  if (
    header !== encodeHeader(id.kid, id) ||
    empty !== '' ||
    !iv64 ||
    !ciphertext64 ||
    !tag64 ||
    more.length > 0
  ) {
    throw malformed('user key is not of this owner, generation and key');
  }
  const iv = decodeBase64url(iv64, 'iv');
  const ciphertext = decodeBase64url(ciphertext64, 'ciphertext');
  const tag = decodeBase64url(tag64, 'tag');
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES || ciphertext.length !== USER_KEY_BYTES) {
    throw malformed('user key has a part of an impossible length');
  }
  return { header, iv, ciphertext, tag };
}

/**
 * The user key of exactly this owner and generation; the caller wipes it. `kid` is the row's. Throws `unknown_key`
 * when it is not among `atRestKeys`, `malformed` when the header is not this row's, else `not_authentic`.
 */
export async function openUserKey(
  atRestKeys: ReadonlyMap<string, KeyEncryptionKey>,
  id: UserKeyId & { readonly kid: Kid },
  sealed: string,
): Promise<Uint8Array> {
  const key = atRestKeys.get(id.kid);
  if (!key) throw new EnvelopeError('unknown_key', `no at-rest key with kid ${id.kid} is configured`);
  const { header, iv, ciphertext, tag } = parseUserKey(id, sealed);
  try {
    return await key.decrypt(iv, utf8(header), { ciphertext, tag });
  } catch {
    throw notAuthentic();
  }
}
