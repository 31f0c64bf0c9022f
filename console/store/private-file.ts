/**
 * The database's file for this user alone. Zone 1; docs/design.md#database. It holds sealed values, and rows
 * that say who owns what: no other user of the machine or the volume may read or write them.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseError } from './failure.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o002;
const NEXT = 'put the database in a folder of its own, which is created if missing';
/** SQLite's files next to the database; it creates them with the database's mode. */
const BESIDE = ['', '-wal', '-shm', '-journal'];

function tighten(file: string): void {
  if (!existsSync(file) || (statSync(file).mode & OTHERS) === 0) return;
  try {
    chmodSync(file, FILE_MODE);
  } catch (cause) {
    throw new Error(`${file} is open to others and belongs to another user: chmod 0600, or chown it`, {
      cause,
    });
  }
}

/** The system's error for a path, as a DatabaseError. */
function outOfReach(error: unknown): unknown {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? new DatabaseError('unavailable', error.code, error)
    : error;
}

function create(folder: string, file: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const isOpen = (statSync(folder).mode & OTHERS_WRITE) !== 0;
    if (isOpen) throw new Error(`anybody may replace files in ${folder}: ${NEXT}`);
    closeSync(openSync(file, 'a', FILE_MODE));
  } catch (error) {
    throw outOfReach(error);
  }
}

/**
 * Creates folder (0700) and file (0600) if missing, and closes a file that is open to others. A folder that was
 * there keeps its mode, since the cluster sets that of a volume; throws if it is world-writable.
 */
export function makePrivate(path: string): void {
  const file = resolve(path);
  const folder = dirname(file);
  create(folder, file);
  for (const suffix of BESIDE) tighten(file + suffix);
}

/** Why there can be no database at this path; undefined where there can. Touches nothing. */
export function placeProblem(path: string): string | undefined {
  const file = resolve(path);
  let place = file;
  while (!existsSync(place)) place = dirname(place);
  try {
    const isWrong = place !== file && !statSync(place).isDirectory();
    if (isWrong) return `${place} is not a folder`;
    accessSync(place, constants.W_OK);
    return undefined;
  } catch {
    return `${place} cannot be written to`;
  }
}
