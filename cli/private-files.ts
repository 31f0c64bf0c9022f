/**
 * One person's small JSON files: complete or absent, and nobody else's. Zone 0. What cannot be read or written is a
 * Failure that names the path and the variable that moves it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { codeOf, Failure, failure } from './failure.ts';

/** From whom a file is kept, as the bits that its mode must not have, and what to say where it has. */
export interface Guard {
  readonly bits: number;
  readonly exposed: (path: string) => readonly [message: string, next: string];
}

interface PrivateFile {
  /** An empty object where there is no file. Throws a Failure where others can do what the guard forbids. */
  read(): Promise<JsonObject>;
  /** The same whoever can read it. */
  readExposed(): Promise<{ readonly content: JsonObject; readonly exposed: boolean }>;
  write(content: JsonObject): Promise<void>;
}

/** Of the folder that a variable moves. */
interface Place {
  readonly folder: string;
  readonly variable: 'XDG_STATE_HOME' | 'XDG_CONFIG_HOME';
}

/** For an error of the file system; any other stays what it is. */
export function unusable(error: unknown, done: 'read' | 'written', path: string, variable: string): unknown {
  const code = codeOf(error);
  if (error instanceof Failure || code === undefined) return error;
  return failure(
    'state_unusable',
    `${path} cannot be ${done} (${code}).`,
    `Check its permissions and the disk, or set ${variable} to another folder.`,
    error,
  );
}

/** Its mode and its object; undefined where there is no file. */
async function readObject(path: string): Promise<{ mode: number; content: JsonObject } | undefined> {
  try {
    const { mode } = await stat(path);
    const content = parseJson(await readFile(path, 'utf8'));
    if (isJsonObject(content)) return { mode, content };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  throw failure('config_malformed', `${path} is damaged.`, 'Delete it and log in again.');
}

/** Some file systems (FAT, some network shares) have no modes: every file is everybody's. */
export function demandModes(mode: number, bits: number, { folder, variable }: Place): void {
  if ((mode & bits) === 0) return;
  throw failure(
    'state_unusable',
    `Nothing can be kept private in ${folder}: its file system has no permissions for each user.`,
    `Set ${variable} to a folder on one that has.`,
  );
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** With those above it. Node's own never ends where a folder takes no other, as in /proc. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

/** Mode 0600 in a folder of 0700, written to a new file and renamed. */
async function writeObject(path: string, content: object, check: (mode: number) => void): Promise<void> {
  await makeFolder(dirname(path));
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
      check((await file.stat()).mode);
      await file.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

export function privateFile(place: Place, name: string, guard?: Guard): PrivateFile {
  const path = join(place.folder, name);
  const bits = guard?.bits ?? 0;
  const readExposed = async (): ReturnType<PrivateFile['readExposed']> => {
    try {
      const found = await readObject(path);
      return found
        ? { content: found.content, exposed: (found.mode & bits) !== 0 }
        : { content: {}, exposed: false };
    } catch (error) {
      throw unusable(error, 'read', path, place.variable);
    }
  };
  return {
    readExposed,
    read: async () => {
      const { content, exposed } = await readExposed();
      if (exposed && guard) throw failure('state_exposed', ...guard.exposed(path));
      return content;
    },
    write: async (content) => {
      try {
        await writeObject(path, content, (mode) => demandModes(mode, bits, place));
      } catch (error) {
        throw unusable(error, 'written', path, place.variable);
      }
    },
  };
}
