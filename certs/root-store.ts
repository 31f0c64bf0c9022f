/**
 * The roots on disk: `root/state.json`, and `root/<id>.crt` and `root/<id>.key` for each root in it, where
 * the id is the start of the certificate's SHA-256. Belongs to no zone, and its keys to nobody else;
 * docs/design.md#certificates.
 */
import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import { access, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, readIfPresent, replaceFile, sweep } from './atomic-files.ts';
import { createRoot, type KeyPairSource, type Signer } from './issue.ts';
import { isKeyOf, parseCertificate, parsePrivateKey } from './pem.ts';
import { leafPlans } from './plan.ts';
import { encodeState, parseState, type Phase, type RootState } from './rotation.ts';
import { StoreError } from './store-error.ts';

const ROOT_VALID_DAYS = 3650;
const PRIVATE = 0o600;
const PUBLIC = 0o644;
const EVERY_USER = 0o007;
const ROOT_FILE = /^[0-9a-f]{16}\.(?:crt|key)$/;

export interface StoredRoot {
  readonly id: string;
  readonly phase: Phase;
  readonly certificate: X509Certificate;
}

/** The folder of the roots in a folder of certificates. */
export function rootFolder(dir: string): string {
  return join(dir, 'root');
}

/** The state as stored; undefined where nothing was ever issued. Throws a StoreError for a damaged or lost one. */
export async function loadState(dir: string): Promise<RootState | undefined> {
  const file = join(rootFolder(dir), 'state.json');
  const text = await readIfPresent(file);
  if (text === undefined) {
    // The state is written before any leaf: leaves without it mean that it was lost, and with it the trust in its roots.
    if (await holdsLeaves(dir)) throw new StoreError('state-lost', file);
    return undefined;
  }
  const state = parseState(text);
  if (state === undefined) throw new StoreError('state-damaged', file);
  return state;
}

export async function saveState(dir: string, state: RootState): Promise<void> {
  await replaceFile(join(rootFolder(dir), 'state.json'), { text: encodeState(state), mode: PUBLIC });
}

/** Makes the first root and the state that names it; if another run was faster, that run's state holds. */
export async function createFirstRoot(dir: string, now: Date, newKeyPair?: KeyPairSource): Promise<void> {
  const id = await createStoredRoot(dir, now, newKeyPair);
  const text = encodeState({ roots: [{ id, phase: 'active' }], settledAt: undefined });
  await createFile(join(rootFolder(dir), 'state.json'), { text, mode: PUBLIC });
}

/** Makes a root and writes its files; it counts for nothing until a state names it. */
export async function createStoredRoot(dir: string, now: Date, newKeyPair?: KeyPairSource): Promise<string> {
  // No two roots share a name: a verifier finds an issuer by it.
  const commonName = `Twofold root ${now.toISOString().slice(0, 10)} ${randomBytes(4).toString('hex')}`;
  const root = await createRoot({ commonName, now, validDays: ROOT_VALID_DAYS, newKeyPair });
  const id = rootId(root.certificate);
  await mkdir(dir, { recursive: true });
  await mkdir(rootFolder(dir), { recursive: true, mode: 0o700 });
  await replaceFile(join(rootFolder(dir), `${id}.key`), { text: root.keyPem, mode: PRIVATE });
  await replaceFile(join(rootFolder(dir), `${id}.crt`), { text: root.certificatePem, mode: PUBLIC });
  return id;
}

/** The certificates of all trusted roots, oldest first. Throws a StoreError that names the damaged file. */
export async function loadRoots(dir: string, { roots }: RootState): Promise<StoredRoot[]> {
  return Promise.all(
    roots.map(async ({ id, phase }) => {
      const file = join(rootFolder(dir), `${id}.crt`);
      const certificate = parseCertificate((await readIfPresent(file)) ?? '');
      if (certificate === undefined || rootId(certificate) !== id) throw new StoreError('root-damaged', file);
      return { id, phase, certificate };
    }),
  );
}

/** The root that signs, with its key. Throws a StoreError if the key is damaged, or readable by every user. */
export async function loadSigner(dir: string, { id, certificate }: StoredRoot): Promise<Signer> {
  const file = join(rootFolder(dir), `${id}.key`);
  const key = parsePrivateKey((await readIfPresent(file)) ?? '');
  if (key === undefined || !isKeyOf(certificate, key)) throw new StoreError('root-damaged', file);
  if (((await stat(file)).mode & EVERY_USER) !== 0) throw new StoreError('root-exposed', file);
  return { certificate, key };
}

/** What every `ca.crt` holds. */
export function bundleOf(roots: readonly StoredRoot[]): string {
  return roots.map(({ certificate }) => certificate.toString()).join('');
}

/** Removes the files that `before` names and `after` does not: a dropped root's, and the key of a retired one. */
export async function discardRoots(dir: string, before: RootState, after: RootState): Promise<void> {
  const kept = new Set(after.roots.flatMap(filesOf));
  const gone = before.roots.flatMap(filesOf).filter((name) => !kept.has(name));
  await Promise.all(gone.map((name) => rm(join(rootFolder(dir), name), { force: true })));
}

/** Removes what interrupted runs left behind. */
export async function sweepRoots(dir: string, state: RootState, now: Date): Promise<void> {
  const kept = new Set(state.roots.flatMap(filesOf));
  await sweep(rootFolder(dir), now, (name) => ROOT_FILE.test(name) && !kept.has(name));
}

function filesOf({ id, phase }: { id: string; phase: Phase }): string[] {
  return phase === 'retired' ? [`${id}.crt`] : [`${id}.crt`, `${id}.key`];
}

function rootId(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex').slice(0, 16);
}

async function holdsLeaves(dir: string): Promise<boolean> {
  const found = await Promise.all(
    leafPlans.map(({ folder }) =>
      access(join(dir, folder)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
