/**
 * Key files: JWK sets (RFC 7517 §5), newest first. Zone 1; design §1 and §2. Each parser throws an Error that says
 * which key is wrong, and never shows any of it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyEncryptionKey, Verifier } from '#envelope/cipher.ts';
import { decodeBase64url } from '#envelope/base64url.ts';
import { byKid } from '#envelope/cipher.ts';
import type { Jwk } from '#envelope/kid.ts';
import type { Kid } from '#envelope/names.ts';
import {
  ed25519Signer,
  ed25519Verifier,
  keyEncryptionKey,
  kidOf,
  rsaRecipient,
} from '#envelope/node-cipher.ts';
import type { AtRestKeys, EnvelopeKey, TicketKeys } from './core/keys.ts';

type NonEmpty<T> = readonly [T, ...T[]];

function parseKeys<K extends { readonly kid: Kid }>(
  json: string,
  kind: string,
  parse: (jwk: Jwk) => K,
): NonEmpty<K> {
  const value: unknown = JSON.parse(json);
  const list = typeof value === 'object' && value && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(list)) throw new Error('there is no list "keys"');
  const keys = list.map((jwk: unknown, index) => parseKey(jwk, `key ${index + 1}`, kind, parse));
  const [first, ...rest] = keys;
  if (!first) throw new Error('the list "keys" is empty');
  if (byKid(keys).size !== keys.length) throw new Error('a key is listed twice');
  return [first, ...rest];
}

function parseKey<K extends { readonly kid: Kid }>(
  value: unknown,
  which: string,
  kind: string,
  parse: (jwk: Jwk) => K,
): K {
  if (typeof value !== 'object' || value === null) throw new Error(`${which} is not an object`);
  const jwk = value as Jwk; // a record of unknowns: the parser below checks every member that it uses
  const key = attempt(() => parse(jwk));
  if (!key) throw new Error(`${which} is not ${kind}`);
  const stated = jwk['kid'];
  if (stated !== undefined && stated !== key.kid) {
    throw new Error(`${which} has a kid that is not its RFC 7638 thumbprint, ${key.kid}`);
  }
  return key;
}

/** What node:crypto throws of a key may quote it. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

const OCT = 'an oct key of 32 bytes';
const OCT_BYTES = 32;

/** A symmetric key of one use: seals the page's cookies, or authenticates the database's records. */
export interface OctKey {
  readonly kid: Kid;
  readonly key: KeyObject;
}

function octKey(jwk: Jwk): OctKey {
  const bytes = decodeBase64url(member(jwk, 'k'), 'k');
  if (jwk['kty'] !== 'oct' || bytes.length !== OCT_BYTES) throw new Error('another kind of key');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { kid: kidOf(jwk), key };
}

/** `oct` keys of 32 bytes that seal user keys. */
export function parseAtRestKeys(json: string): AtRestKeys {
  const keys = parseKeys<KeyEncryptionKey>(json, OCT, keyEncryptionKey);
  return { newest: keys[0], byKid: byKid(keys) };
}

/** `oct` keys of 32 bytes that seal the page's cookies. */
export function parseCookieKeys(json: string): NonEmpty<OctKey> {
  return parseKeys(json, OCT, octKey);
}

/** `oct` keys of 32 bytes that authenticate the records that confer authority. */
export function parseRecordKeys(json: string): NonEmpty<OctKey> {
  return parseKeys(json, OCT, octKey);
}

function member(jwk: Jwk, name: string): string {
  const value = jwk[name];
  if (typeof value !== 'string') throw new Error(`no ${name}`);
  return value;
}

function envelopeKey(jwk: Jwk): EnvelopeKey & { readonly kid: Kid } {
  if (jwk['d'] !== undefined) throw new Error('a private key has no place here');
  const recipient = rsaRecipient(jwk);
  const { kid } = recipient;
  const n = member(jwk, 'n');
  return {
    kid,
    recipient,
    wrappedBytes: Buffer.from(n, 'base64url').length,
    jwk: { kty: 'RSA', n, e: member(jwk, 'e'), alg: 'RSA-OAEP-256', use: 'enc', kid },
  };
}

/** RSA public keys, of which the newest seals. A private one is refused: this zone must never hold it. */
export function parseEnvelopeKeys(json: string): EnvelopeKey {
  return parseKeys(json, 'an RSA public key of at least 2048 bits', envelopeKey)[0];
}

function publicPart({ kty, crv, x }: Jwk): Jwk {
  return { kty, crv, x };
}

/** Ed25519 private keys, of which the newest signs; of a retired one the public part is enough. */
export function parseTicketKeys(json: string): TicketKeys {
  const verifiers = parseKeys<Verifier>(json, 'an Ed25519 key', (jwk) => ed25519Verifier(publicPart(jwk)));
  const [signer] = parseKeys(json, 'an Ed25519 key, the first one private', (jwk) =>
    jwk['d'] === undefined ? ed25519Verifier(publicPart(jwk)) : ed25519Signer(jwk),
  );
  if (!('sign' in signer)) throw new Error('key 1 is not private, so it cannot sign');
  return { signer, verifiers: byKid(verifiers) };
}

/** Ed25519 public keys of the keyservice. */
export function parseGrantKeys(json: string): ReadonlyMap<string, Verifier> {
  return byKid(parseKeys<Verifier>(json, 'an Ed25519 public key', ed25519Verifier));
}
