/**
 * The envelope: JWE compact serialization (RFC 7516 §7.1), five base64url parts joined by ".". No zone;
 * docs/design.md#outer-layer.
 *
 * | part | bytes | content |
 * |---|---|---|
 * | protected header | | JSON with exactly the members below, in this order; it is the additional data (RFC 7516 §5.1) |
 * | encrypted key | 256, 384 or 512 | data encryption key, RSA-OAEP-256 |
 * | iv | 12 | |
 * | ciphertext | as the plaintext | the inner token's characters |
 * | tag | 16 | AES-256-GCM |
 *
 * | member | value |
 * |---|---|
 * | alg, enc, typ | `RSA-OAEP-256`, `A256GCM`, `twofold+jwe` |
 * | kid | RFC 7638 thumbprint of the RSA key |
 * | own, sec, nam | owner id, secret id, secret name |
 * | ver, gen | version, generation of the user key: positive integers |
 * | salt | base64url of 16 bytes |
 *
 * A header that is not in exactly this encoding is refused: with an extra, missing, doubled, escaped or reordered
 * member it is a different text, and so a different envelope.
 */
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { fromUtf8, utf8 } from '../bytes.ts';
import { malformed } from '../errors.ts';
import { tokenLength } from '../inner/layout.ts';
import { isJsonObject, parseJson } from '../json.ts';
import { MAX_VALUE_BYTES, RSA_BYTES } from '../limits.ts';
import {
  parseKid,
  parseOwnerId,
  parseSecretId,
  parseSecretName,
  SALT_BYTES,
  type Kid,
  type SecretName,
  type Write,
} from '../names.ts';

export const DEK_BYTES = 32;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
const MAX_HEADER_BYTES = 1024;

/** What an envelope states about itself, bound by its tag. */
export interface EnvelopeHeader extends Write {
  readonly kid: Kid;
  readonly name: SecretName;
}

export interface EnvelopeParts {
  readonly header: EnvelopeHeader;
  /** The protected header's ASCII characters. */
  readonly aad: Uint8Array;
  readonly wrappedKey: Uint8Array;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

function headerJson(header: EnvelopeHeader): string {
  return JSON.stringify({
    alg: 'RSA-OAEP-256',
    enc: 'A256GCM',
    kid: header.kid,
    typ: 'twofold+jwe',
    own: header.ownerId,
    sec: header.secretId,
    nam: header.name,
    ver: header.version,
    gen: header.gen,
    salt: encodeBase64url(header.salt),
  });
}

/** The protected header as it stands in the compact form. */
export function encodeHeader(header: EnvelopeHeader): string {
  return encodeBase64url(utf8(headerJson(header)));
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function parseMembers(json: string): EnvelopeHeader | undefined {
  const members = parseJson(json);
  if (!isJsonObject(members)) return undefined;
  // Each is checked below, and the re-encoding proves that there is no other.
  const { kid, own, sec, nam, ver, gen, salt } = members;
  const parsed = {
    kid: parseKid(kid),
    ownerId: parseOwnerId(own),
    secretId: parseSecretId(sec),
    name: parseSecretName(nam),
  };
  if (!parsed.kid || !parsed.ownerId || !parsed.secretId || !parsed.name) return undefined;
  if (!isPositive(ver) || !isPositive(gen) || typeof salt !== 'string') return undefined;
  const saltBytes = decodeBase64url(salt, 'salt');
  if (saltBytes.length !== SALT_BYTES) return undefined;
  const { kid: keyId, ownerId, secretId, name } = parsed;
  return { kid: keyId, ownerId, secretId, name, version: ver, gen, salt: saltBytes };
}

/** Strict base64url has one text for each JSON, so comparing the JSON compares the header. */
function parseHeader(encoded: string): EnvelopeHeader {
  if (encoded.length > MAX_HEADER_BYTES) throw malformed('envelope header is too long');
  let header: EnvelopeHeader | undefined;
  let json = '';
  try {
    json = fromUtf8(decodeBase64url(encoded, 'envelope header'));
    header = parseMembers(json);
  } catch {
    header = undefined;
  }
  if (!header || headerJson(header) !== json) {
    throw malformed('envelope header does not have exactly the members of this format, in its encoding');
  }
  return header;
}

/** Length in characters of the longest possible envelope. */
const MAX_ENVELOPE_LENGTH =
  MAX_HEADER_BYTES + Math.ceil(((512 + IV_BYTES + TAG_BYTES + tokenLength(MAX_VALUE_BYTES)) * 4) / 3) + 8;

/**
 * Takes an envelope apart and checks every length before any cryptography. Throws `malformed`, naming the part.
 * What it returns is well-formed, not authentic.
 */
export function parseEnvelope(envelope: string): EnvelopeParts {
  if (envelope.length > MAX_ENVELOPE_LENGTH) throw malformed('envelope is too long');
  const [head, key, iv, ciphertext, tag, ...more] = envelope.split('.', 6);
  if (head === undefined || !key || !iv || !ciphertext || !tag || more.length > 0) {
    throw malformed('envelope does not have five parts');
  }
  const parts = {
    header: parseHeader(head),
    aad: utf8(head),
    wrappedKey: decodeBase64url(key, 'encrypted key'),
    iv: decodeBase64url(iv, 'iv'),
    ciphertext: decodeBase64url(ciphertext, 'ciphertext'),
    tag: decodeBase64url(tag, 'tag'),
  };
  if (!RSA_BYTES.has(parts.wrappedKey.length)) throw malformed('encrypted key has an impossible length');
  if (parts.iv.length !== IV_BYTES) throw malformed('iv does not have 12 bytes');
  if (parts.tag.length !== TAG_BYTES) throw malformed('tag does not have 16 bytes');
  return parts;
}
