/** The console's key files, each a JWK set, newest first. Zone 1; docs/design.md#keys. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyEncryptionKey, Verifier } from '#envelope/cipher.ts';
import { decodeBase64url } from '#envelope/base64url.ts';
import { byKid } from '#envelope/cipher.ts';
import { parseJwkSet, type KeySet } from '#envelope/jwk-set.ts';
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

const OCT = 'an oct key of 32 bytes';
const OCT_BYTES = 32;

/** A symmetric key for one use: sealing the page's cookies, or authenticating the database's records. */
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
export async function parseAtRestKeys(json: string): Promise<AtRestKeys> {
  const keys = await parseJwkSet<KeyEncryptionKey>(json, OCT, keyEncryptionKey);
  return { newest: keys[0], byKid: byKid(keys) };
}

/** `oct` keys of 32 bytes that seal the page's cookies. */
export function parseCookieKeys(json: string): Promise<KeySet<OctKey>> {
  return parseJwkSet(json, OCT, octKey);
}

/** `oct` keys of 32 bytes that authenticate the records that confer authority. */
export function parseRecordKeys(json: string): Promise<KeySet<OctKey>> {
  return parseJwkSet(json, OCT, octKey);
}

function member(jwk: Jwk, name: string): string {
  const value = jwk[name];
  if (typeof value !== 'string') throw new Error(`no ${name}`);
  return value;
}

function envelopeKey(jwk: Jwk): EnvelopeKey & { readonly kid: Kid } {
  if (jwk['d'] !== undefined) throw new Error('a private key does not belong here');
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

/** RSA public keys; the newest seals. A private one is refused: this zone must never hold it. */
export async function parseEnvelopeKeys(json: string): Promise<EnvelopeKey> {
  const [newest] = await parseJwkSet(json, 'an RSA public key of 2048, 3072 or 4096 bits', envelopeKey);
  return newest;
}

function publicPart({ kty, crv, x }: Jwk): Jwk {
  return { kty, crv, x };
}

/** Ed25519 private keys; the newest signs. For a retired one, the public part is enough. */
export async function parseTicketKeys(json: string): Promise<TicketKeys> {
  const verifiers = await parseJwkSet<Verifier>(json, 'an Ed25519 key', (jwk) =>
    ed25519Verifier(publicPart(jwk)),
  );
  const [signer] = await parseJwkSet(json, 'an Ed25519 key, the first one private', (jwk) =>
    jwk['d'] === undefined ? ed25519Verifier(publicPart(jwk)) : ed25519Signer(jwk),
  );
  if (!('sign' in signer)) throw new Error('key 1 is not private, so it cannot sign');
  return { signer, verifiers: byKid(verifiers) };
}

/** Ed25519 public keys of the keyservice. */
export async function parseGrantKeys(json: string): Promise<ReadonlyMap<string, Verifier>> {
  return byKid(await parseJwkSet<Verifier>(json, 'an Ed25519 public key', ed25519Verifier));
}
