/** One person's small JSON files: complete or absent, and readable by nobody else. Zone 0. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isJsonObject, parseJson, type JsonObject } from '#envelope/json.ts';
import { codeOf, failure } from './failure.ts';

const OTHERS = 0o077;

interface PrivateFile {
  /** Undefined where there is none. Throws a Failure where others could have read it. */
  read(): Promise<JsonObject>;
  write(content: JsonObject): Promise<void>;
}

/** The file's JSON object; an empty one where there is no file. */
async function readObject(path: string): Promise<JsonObject> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0) {
      const next = `Delete ${path}, log in again, and find out who opened it.`;
      throw failure('state_exposed', `Others can read ${path}, which holds your login.`, next);
    }
    const value = parseJson(await readFile(path, 'utf8'));
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw error;
  }
  throw failure('config_malformed', `${path} is damaged.`, 'Delete it and log in again.');
}

/** Mode 0600 in a folder of 0700, written to a new file and renamed. */
async function writeObject(path: string, content: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
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

export function privateFile(folder: string, name: string): PrivateFile {
  const path = join(folder, name);
  return { read: () => readObject(path), write: (content) => writeObject(path, content) };
}
