/**
 * Writes into a memory volume without ever following a link: every step starts from an open folder, through
 * /proc/self/fd. All or nothing: the remains of a failed or earlier run are removed. Zone 4;
 * docs/design.md#files.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Failure } from './outcome.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const FOLDER_MODE = 0o755;
/** In a folder with this bit, what is made gets the folder's group: so an fsGroup reaches files below folders. */
const SETGID = 0o2000;
/** No user's file begins with two dots. */
const TEMPORARY = '..new';

function within(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

function openFolder(path: string): number {
  return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function withFd<T>(fd: number, work: (fd: number) => T): T {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function writeFile(folder: number, name: string, bytes: Uint8Array, mode: number): void {
  const temporary = within(folder, TEMPORARY);
  withFd(openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600), (fd) => {
    writeAll(fd, bytes);
    fchmodSync(fd, mode);
  });
  renameSync(temporary, within(folder, name));
}

/** Whatever the umask; the new folder has the bit from the one above. */
function setMode(folder: number): void {
  fchmodSync(folder, FOLDER_MODE | (fstatSync(folder).mode & SETGID));
}

/** Opens the folder of a path from this segment on, making what is missing; each step refuses a link. */
function descend(root: number, segments: readonly string[], write: (folder: number) => void, at = 0): void {
  const segment = segments[at];
  if (segment === undefined) {
    write(root);
    return;
  }
  const path = within(root, segment);
  let made = true;
  try {
    mkdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    made = false;
  }
  withFd(openFolder(path), (folder) => {
    if (made) setMode(folder);
    descend(folder, segments, write, at + 1);
  });
}

/** Links are removed, not followed. */
function empty(root: number): void {
  for (const name of readdirSync(within(root, '.')))
    rmSync(within(root, name), { recursive: true, force: true });
}

export interface Content {
  readonly path: string;
  readonly mode: number;
  /** Called when it is this file's turn; the result is wiped once it is written. */
  readonly open: () => Promise<Uint8Array>;
}

function openRoot(dir: string): number {
  try {
    return openFolder(dir);
  } catch (error) {
    const next = 'create the pod again';
    throw new Failure('tampered', `the volume at ${dir} is not a plain folder; ${next}`, error);
  }
}

async function put(root: number, { path, mode, open }: Content): Promise<void> {
  const bytes = await open();
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  try {
    descend(root, segments, (folder) => writeFile(folder, name, bytes, mode));
  } finally {
    bytes.fill(0);
  }
}

interface Volume {
  readonly dir: string;
  readonly contents: readonly Content[];
}

/** As far as possible: the earlier failure is the one to report. */
function emptyQuietly(root: number): void {
  try {
    empty(root);
  } catch {
    // The pod does not start anyway.
  }
}

/**
 * Fills empty volumes. Anything already there, an earlier run's files or planted links, is removed first. When
 * anything fails in one of them, all are emptied and the error is rethrown.
 */
export async function fillVolumes(volumes: readonly Volume[]): Promise<void> {
  const roots: number[] = [];
  try {
    for (const { dir } of volumes) roots.push(openRoot(dir));
    roots.forEach(empty);
    for (const [at, root] of roots.entries()) {
      for (const content of volumes[at]?.contents ?? []) await put(root, content);
    }
  } catch (error) {
    roots.forEach(emptyQuietly);
    throw error;
  } finally {
    roots.forEach((root) => closeSync(root));
  }
}
