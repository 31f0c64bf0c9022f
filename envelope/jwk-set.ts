/**
 * JWK sets (RFC 7517 §5), newest first, each of one kind of key. No zone; docs/design.md#layers. An error
 * names the wrong key by its position in the list, and shows nothing of any key.
 */
import { isJsonObject, parseJson } from './json.ts';
import type { Jwk } from './kid.ts';
import type { Kid } from './names.ts';

/** At least one: the first is the newest. */
export type KeySet<K> = readonly [K, ...K[]];

function membersOf(json: string): readonly unknown[] {
  const set = parseJson(json);
  if (set === undefined) throw new SyntaxError('it is not JSON');
  const keys = isJsonObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) throw new Error('it has no list "keys"');
  return keys;
}

/** Anything thrown may quote the key. */
async function attempt<K>(parseKey: (jwk: Jwk) => K | Promise<K>, jwk: Jwk): Promise<K | undefined> {
  try {
    return await parseKey(jwk);
  } catch {
    return undefined;
  }
}

/** `kind` is what each must be, such as `an Ed25519 private key`; `parseKey` throws for anything else. */
export async function parseJwkSet<K extends { readonly kid: Kid }>(
  json: string,
  kind: string,
  parseKey: (jwk: Jwk) => K | Promise<K>,
): Promise<KeySet<K>> {
  const keys = new Map<Kid, K>();
  for (const [at, jwk] of membersOf(json).entries()) {
    const which = `key ${at + 1}`;
    const key = isJsonObject(jwk) ? await attempt(parseKey, jwk) : undefined;
    if (!isJsonObject(jwk) || !key) throw new Error(`${which} is not ${kind}`);
    const { kid: stated = key.kid } = jwk;
    if (stated !== key.kid) throw new Error(`${which} has a kid other than its thumbprint, ${key.kid}`);
    if (keys.has(key.kid)) throw new Error(`${which} is listed twice`);
    keys.set(key.kid, key);
  }
  const [first, ...rest] = keys.values();
  if (!first) throw new Error('it has no key');
  return [first, ...rest];
}
