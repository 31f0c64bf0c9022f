/**
 * The console's keys that confer authority: what they are, how they are made, and the folder that `make keys`
 * writes for the operator's vault. The cluster needs only the public half of the ticket key. No zone;
 * docs/design.md#keys.
 *
 * | File | What it is | Anyone who has it |
 * |---|---|---|
 * | at-rest.json | oct: seals user keys | opens the user keys of a stolen database |
 * | ticket.json | Ed25519, private: signs tickets | signs anybody's consent |
 * | cookie.json | oct: seals the page's cookies | reads and makes them |
 * | record.json | oct: authenticates the rows that confer authority | makes such rows, where the database can be written |
 * | public/ticket.json | Ed25519, public | verifies tickets, as the keyservice does |
 */
import { createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DeployError } from './failure.ts';

export type Jwk = Readonly<Record<string, unknown>>;
/** RFC 7517 §5. */
export interface JwkSet {
  readonly keys: readonly Jwk[];
}

export const CONSOLE_KEY_FILES = ['at-rest.json', 'ticket.json', 'cookie.json', 'record.json'] as const;
type ConsoleKeyFile = (typeof CONSOLE_KEY_FILES)[number];
type ConsoleKeys = Readonly<Record<ConsoleKeyFile, JwkSet>>;

const TICKET: ConsoleKeyFile = 'ticket.json';
/** Path in the folder: all that a cluster ever sees of it. */
const PUBLIC_TICKET = join('public', TICKET);
const OCT_BYTES = 32;

function oct(): JwkSet {
  return { keys: [{ kty: 'oct', k: randomBytes(OCT_BYTES).toString('base64url') }] };
}

/** New keys, each for its one use. */
export async function makeConsoleKeys(): Promise<ConsoleKeys> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519');
  return {
    'at-rest.json': oct(),
    'ticket.json': { keys: [privateKey.export({ format: 'jwk' })] },
    'cookie.json': oct(),
    'record.json': oct(),
  };
}

/** The public half of each key. Throws for anything that is not an Ed25519 key. */
export function publicTicketKeys({ keys }: JwkSet): JwkSet {
  return {
    keys: keys.map(({ kty, crv, x }) => {
      if (kty !== 'OKP' || crv !== 'Ed25519') throw new Error('not an Ed25519 key');
      return createPublicKey({ key: { kty, crv, x: String(x) }, format: 'jwk' }).export({ format: 'jwk' });
    }),
  };
}

/** A file's JWK set, with its public halves. Errors never quote the key. */
function readTicketKeys(file: string): { readonly set: JwkSet; readonly publicHalves: JwkSet } {
  try {
    // What is not a JWK set throws here or below.
    const set = JSON.parse(readFileSync(file, 'utf8')) as JwkSet;
    if (set.keys.length === 0) throw new Error('no key');
    return { set, publicHalves: publicTicketKeys(set) };
  } catch {
    throw new DeployError(
      `${file} is not a JWK set of Ed25519 keys`,
      'restore it from where you keep it; an existing key is never replaced',
    );
  }
}

function textOf(set: JwkSet): string {
  return `${JSON.stringify(set)}\n`;
}

function writeNew(file: string, set: JwkSet, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, textOf(set), { mode, flag: 'wx', flush: true });
}

/** Where all keys exist: the public half may be missing, but never another key's. */
function keep(dir: string): string {
  const { publicHalves } = readTicketKeys(join(dir, TICKET));
  const file = join(dir, PUBLIC_TICKET);
  if (!existsSync(file)) {
    writeNew(file, publicHalves, 0o644);
    return `keys: all present, unchanged; wrote the public half of the ticket key: ${file}`;
  }
  if (textOf(readTicketKeys(file).set) !== textOf(publicHalves))
    throw new DeployError(
      `${file} is not the public half of ${join(dir, TICKET)}`,
      `delete it and run this again; the keyservices of a cluster that has it must get the right one (Secret keyservice-public-keys)`,
    );
  return 'keys: all present, unchanged';
}

/**
 * Makes the keys of a new installation, each in a file that only its owner can read; reports what it did. All or nothing, and
 * nothing that exists is changed. Rejects with a DeployError where only some exist.
 */
export async function writeConsoleKeys(dir: string): Promise<string> {
  const there = [...CONSOLE_KEY_FILES, PUBLIC_TICKET].filter((file) => existsSync(join(dir, file)));
  const missing = CONSOLE_KEY_FILES.filter((file) => !there.includes(file));
  if (missing.length === 0) return keep(dir);
  if (there.length > 0)
    throw new DeployError(
      `${dir} has ${there.join(', ')}, but not ${missing.join(', ')}: new keys along with these would not fit what is stored`,
      'fetch the missing files from your vault; or, for a new installation, name an empty folder',
    );
  const keys = await makeConsoleKeys();
  const written: string[] = [];
  const write = (file: string, set: JwkSet, mode: number): void => {
    writeNew(join(dir, file), set, mode);
    written.push(file);
  };
  try {
    for (const file of CONSOLE_KEY_FILES) write(file, keys[file], 0o600);
    write(PUBLIC_TICKET, publicTicketKeys(keys[TICKET]), 0o644);
  } catch (error) {
    for (const file of written) rmSync(join(dir, file));
    const { message } = error instanceof Error ? error : { message: String(error) };
    throw new DeployError(
      `the keys cannot be written: ${message}`,
      'name a folder that you can write to',
      error,
    );
  }
  return `keys: made ${written.join(', ')} in ${dir}`;
}

/** The public half that `make keys` wrote; reads no other file. Throws a DeployError where it is missing or private. */
export function readPublicTicketKeys(dir: string): JwkSet {
  const file = join(dir, PUBLIC_TICKET);
  if (!existsSync(file))
    throw new DeployError(
      `KEYS: there is no ${file}`,
      'name the folder that make keys wrote, or a copy of it; only this file of it is read',
    );
  const { set, publicHalves } = readTicketKeys(file);
  if (set.keys.some((key) => 'd' in key))
    throw new DeployError(
      `${file} holds a private key, which has no place in a cluster`,
      'delete it, and run make keys with the folder that it comes from: that writes only the public half',
    );
  return publicHalves;
}
