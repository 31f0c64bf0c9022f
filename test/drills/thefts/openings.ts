/** Opening by hand: with every key that is held, what our services would open with theirs. */
import { byKid } from '#envelope/cipher.ts';
import { deriveInnerKey } from '#envelope/derive.ts';
import { EnvelopeError } from '#envelope/errors.ts';
import { openInner } from '#envelope/inner/open.ts';
import { parseKid, parseOwnerId } from '#envelope/names.ts';
import { keyEncryptionKey, nodeCipher } from '#envelope/node-cipher.ts';
import { rsaIdentity, rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope, type EnvelopeParts } from '#envelope/outer/layout.ts';
import { openOuter } from '#envelope/outer/open.ts';
import { openUserKey } from '#envelope/user-key.ts';
import type { Holding } from './loot.ts';
import type { Report } from './report.ts';

/** The value, or undefined where a layer stays closed, which is told. */
async function tried<T>(layer: string, report: Report, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    report.stopped(`${layer}: ${error.code}`);
    return undefined;
  }
}

type Held = Pick<Holding, 'rows' | 'atRestKeys' | 'rsaKeys' | 'cookieKeys' | 'recordKeys'>;

export function rowsOf({ rows }: Pick<Holding, 'rows'>, table: string) {
  return rows.flatMap((tables) => tables[table] ?? []);
}

export interface Opener {
  /** The inner token in an envelope. */
  outer(parts: EnvelopeParts): Promise<string | undefined>;
  /** Opens an inner token and tells what is in it. */
  inner(token: string, parts: EnvelopeParts): Promise<void>;
  /** Opens an inner token of which nothing but its secret's id is known. */
  innerById(token: string, id: string): Promise<void>;
  /** Every stored envelope. */
  readonly envelopes: readonly EnvelopeParts[];
}

export function createOpener(held: Held, report: Report): Opener {
  const atRest = byKid(held.atRestKeys.map(keyEncryptionKey));
  const rsa = byKid(held.rsaKeys.map((jwk) => rsaIdentity(rsaPrivateKey(jwk))));
  const envelopes = rowsOf(held, 'secrets').map(({ envelope }) => parseEnvelope(String(envelope)));
  const userKey = async (owner: string, gen: number): Promise<Uint8Array | undefined> => {
    const row = rowsOf(held, 'user_keys').find((each) => each['owner_id'] === owner && each['gen'] === gen);
    if (row === undefined) {
      report.stopped('user key: none');
      return undefined;
    }
    const id = { ownerId: parseOwnerId(owner)!, gen, kid: parseKid(row['kid'])! };
    return await tried('user key', report, () => openUserKey(atRest, id, String(row['key'])));
  };
  const inner: Opener['inner'] = async (token, { header }) => {
    const key = await userKey(header.ownerId, header.gen);
    if (key === undefined) return;
    const derived = await deriveInnerKey(nodeCipher, key, header);
    const value = await tried('inner layer', report, () => openInner(nodeCipher, derived, token));
    if (value) report.read(value);
  };
  /** Any key of the right size, whatever it is for. */
  const loose = [held.atRestKeys, held.cookieKeys, held.recordKeys]
    .flat()
    .map(({ k }) => Buffer.from(String(k), 'base64url'));
  return {
    envelopes,
    inner,
    outer: (parts) => tried('outer layer', report, () => openOuter(nodeCipher, rsa, parts)),
    innerById: async (token, id) => {
      const parts = envelopes.find(({ header }) => header.secretId === id);
      if (parts) await inner(token, parts);
      else report.stopped('user key: none');
      for (const key of loose) {
        const value = await tried('inner layer', report, () => openInner(nodeCipher, key, token));
        if (value) report.read(value);
      }
    },
  };
}
