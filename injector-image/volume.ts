/**
 * Writes into a memory volume without ever following a link: every step is taken from an open folder, through
 * /proc/self/fd. All or nothing: what a run leaves unfinished, or an earlier one left, is removed. Zone 4; design §6.5.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
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
/** No file of a user's begins with two dots. */
const TEMPORARY = '..new';

const within = (fd: number, name: string): string => `/proc/self/fd/${fd}/${name}`;

const openFolder = (path: string): number => openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
};

const withFd = <T>(fd: number, work: (fd: number) => T): T => {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
};

const writeFile = (folder: number, name: string, bytes: Uint8Array, mode: number): void => {
  const temporary = within(folder, TEMPORARY);
  withFd(openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600), (fd) => {
    writeAll(fd, bytes);
    fchmodSync(fd, mode);
  });
  renameSync(temporary, within(folder, name));
};

/** Opens the folder of a path, making what is missing; each step refuses a link. */
const descend = (root: number, segments: readonly string[], write: (folder: number) => void): void => {
  const [first, ...rest] = segments;
  if (first === undefined) {
    write(root);
    return;
  }
  const path = within(root, first);
  try {
    mkdirSync(path);
    chmodSync(path, FOLDER_MODE); // whatever the umask
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  withFd(openFolder(path), (folder) => descend(folder, rest, write));
};

/** Links are removed, not followed. */
const empty = (root: number): void => {
  for (const name of readdirSync(within(root, '.')))
    rmSync(within(root, name), { recursive: true, force: true });
};

export interface Content {
  readonly path: string;
  readonly mode: number;
  /** Called when it is this file's turn; what it returns is wiped after it was written. */
  readonly open: () => Promise<Uint8Array>;
}

const openRoot = (dir: string): number => {
  try {
    return openFolder(dir);
  } catch (error) {
    const next = 'create the pod again';
    throw new Failure('tampered', `the volume at ${dir} is not a plain folder; ${next}`, error);
  }
};

/**
 * Fills an empty volume. Whatever was there, an earlier run's files or planted links, is removed first. When anything
 * fails, the volume is emptied and the error passed on.
 */
export const fillVolume = async (dir: string, contents: readonly Content[]): Promise<void> => {
  const root = openRoot(dir);
  try {
    empty(root);
    for (const { path, mode, open } of contents) {
      const bytes = await open();
      const segments = path.split('/');
      const name = segments.pop() ?? '';
      try {
        descend(root, segments, (folder) => writeFile(folder, name, bytes, mode));
      } finally {
        bytes.fill(0);
      }
    }
  } catch (error) {
    empty(root);
    throw error;
  } finally {
    closeSync(root);
  }
};
