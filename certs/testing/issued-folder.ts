/** One set of certificates for all tests of certs/, issued once: generating key pairs takes most of the time. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, newRsaKeyPair, type KeyPair, type KeyPairSource } from '../issue.ts';
import { leafPlans } from '../plan.ts';
import { ensureCertificates, type Ensured } from '../store.ts';
import { testFolder } from '../../test/folder.ts';

export const EXTRA_NAMES = ['127.0.0.1', 'localhost'];
/** When the shared set was issued. */
export const ISSUED_AT = new Date();

/** A set is seven leaves and a root: the next root never gets the key of the last. */
const POOL_SIZE = 10;
const pool: Promise<KeyPair>[] = [];
let drawn = 0;

let shared: Promise<string> | undefined;

/** Real key pairs, reused in turn: for tests that issue many certificates but test something else. */
export const pooledKeyPair: KeyPairSource = () => (pool[drawn++ % POOL_SIZE] ??= newRsaKeyPair());

/** A copy of the shared set, for a test to change as it likes. */
export async function issuedFolder(): Promise<string> {
  shared ??= issueOnce();
  const dir = testFolder('certs');
  copyFolder(await shared, dir);
  return dir;
}

/** Copies links as links and keeps modes. */
export function copyFolder(from: string, to: string): void {
  // Node 24's cpSync leaves the modes of folders behind.
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

export const leafFolders = leafPlans.map(({ folder }) => folder);
/** So many days after the shared set was issued. */
export function days(count: number): Date {
  return new Date(ISSUED_AT.getTime() + count * DAY_MS);
}
/** Brings a folder up to date with the names of the shared set. */
export function ensure(dir: string, now = ISSUED_AT): Promise<Ensured> {
  return ensureCertificates({ dir, extraNames: EXTRA_NAMES, now, newKeyPair: pooledKeyPair });
}
/** Which leaves were issued, and why. */
export function issuedIn({ leaves }: Ensured): string[][] {
  return leaves.filter(({ action }) => action === 'issued').map(({ plan, reason }) => [plan.folder, reason]);
}

/** Every file of every leaf, by path. */
export async function contents(dir: string): Promise<Record<string, string>> {
  const paths = leafFolders.flatMap((folder) =>
    ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(folder, name)),
  );
  const texts = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(dir, path), 'utf8')] as const),
  );
  return Object.fromEntries(texts);
}

/** The root's file with this ending. */
export async function rootFile(dir: string, suffix: string): Promise<string> {
  const name = (await readdir(join(dir, 'root'))).find((file) => file.endsWith(suffix));
  return join(dir, 'root', name ?? 'none');
}

async function issueOnce(): Promise<string> {
  const dir = testFolder('certs');
  await ensureCertificates({ dir, extraNames: EXTRA_NAMES, now: ISSUED_AT });
  return dir;
}
