/**
 * Writes that a kill at any moment cannot leave half done. Belongs to no zone; docs/design.md#certificates.
 *
 * A single file is renamed into place. Files that belong together (a certificate and its key) change together, in
 * the layout that the kubelet gives a mounted Secret, so services reload the same way here and in a cluster:
 *
 * | Entry of the folder | What it is |
 * |---|---|
 * | `tls.key` | a link to `..data/tls.key`; likewise for each file |
 * | `..data` | a link to the current version; renaming it is the commit |
 * | `..1f0c…` | a version: a folder with the files themselves |
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StoreError } from './store-error.ts';

const LEFTOVER_AGE_MS = 10 * 60 * 1000;
const CURRENT = '..data';

interface FileContent {
  readonly text: string;
  readonly mode: number;
}

/** The text of a file; undefined where there is none. Throws a StoreError that names it where it cannot be read. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new StoreError('unreadable', path, { cause });
  }
}

/** Puts the file in place of whatever was there. */
export async function replaceFile(path: string, content: FileContent): Promise<void> {
  const temporary = temporaryBeside(path);
  await writeDurably(temporary, content);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Puts the file in place unless there is one already; returns whether it did. */
export async function createFile(path: string, content: FileContent): Promise<boolean> {
  const temporary = temporaryBeside(path);
  await writeDurably(temporary, content);
  try {
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary);
  }
}

/** Replaces these files of the folder together: a reader sees all of the old or all of the new. */
export async function replaceTogether(
  folder: string,
  files: Readonly<Record<string, FileContent>>,
): Promise<void> {
  const version = `..${randomBytes(8).toString('hex')}`;
  await mkdir(join(folder, version), { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeDurably(join(folder, version, name), content);
  await syncFolder(join(folder, version));

  const previous = await readlink(join(folder, CURRENT)).catch(notALink);
  // A copied folder may hold a real folder under this name, which a link cannot be renamed over.
  if (previous === undefined) await rm(join(folder, CURRENT), { recursive: true, force: true });
  await replaceLink(join(folder, CURRENT), version);
  for (const name of Object.keys(files)) {
    const target = join(CURRENT, name);
    if ((await readlink(join(folder, name)).catch(notALink)) !== target)
      await replaceLink(join(folder, name), target);
  }
  await syncFolder(folder);
  if (previous?.startsWith('..') === true && basename(previous) === previous) {
    await rm(join(folder, previous), { recursive: true, force: true });
  }
}

/**
 * Removes what interrupted writes left in the folder: temporary files, versions that never became current, and
 * files that the caller calls orphans. Only what is ten minutes old: the rest may be another writer's.
 */
export async function sweep(folder: string, now: Date, isOrphan: (name: string) => boolean): Promise<void> {
  const current = await readlink(join(folder, CURRENT)).catch(notALink);
  for (const name of await readdir(folder)) {
    const leftover = name.startsWith('..') && name !== CURRENT && name !== current;
    if (!leftover && !isOrphan(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(absent);
    if (found === undefined || now.getTime() - found.mtimeMs < LEFTOVER_AGE_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

async function replaceLink(path: string, target: string): Promise<void> {
  const temporary = temporaryBeside(path);
  await symlink(target, temporary);
  await rename(temporary, path);
}

async function writeDurably(path: string, { text, mode }: FileContent): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `..${randomBytes(8).toString('hex')}`);
}

function absent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

function notALink(error: unknown): undefined {
  if (hasCode(error, 'EINVAL') || hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
