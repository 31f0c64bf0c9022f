/**
 * One process at a time. Zone 0. A lock is a folder of numbered turns: the process that creates the file after the
 * newest has the turn, once the newest is over. A number is never given twice, since the newest file always stays; so
 * two processes that find the same abandoned turn cannot both follow it, which removing a stale lock file would allow.
 */
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './failure.ts';
import { makeFolder } from './private-files.ts';

const AGAIN_MS = 50;
/** Longer than anything done under a lock takes. */
const STALE_MS = 120_000;
const OVER = 'over';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function turnsIn(folder: string): Promise<readonly number[]> {
  return (await readdir(folder)).filter((name) => /^\d{1,15}$/.test(name)).map(Number);
}

function newest(turns: readonly number[]): number {
  return turns.reduce((most, each) => Math.max(most, each), 0);
}

/** Whether its process has ended it, or was killed. The process of an empty file has not written its pid yet. */
async function isOver(file: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    if (text === OVER || Date.now() - mtimeMs > STALE_MS) return true;
    return text !== '' && !isAlive(Number(text));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false; // there is a newer one: look again
    throw error;
  }
}

async function make(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // On a full disk there may be an empty one, which others would wait for.
    await rm(file, { force: true });
    throw error;
  }
}

/** The file of this process's turn; undefined while it is another's. */
async function takeTurn(folder: string): Promise<string | undefined> {
  const last = newest(await turnsIn(folder));
  if (last > 0 && !(await isOver(join(folder, String(last))))) return undefined;
  const file = join(folder, String(last + 1));
  if (!(await make(file))) return undefined;
  // If `last` has been removed in the meantime, the number is an old one.
  const turns = await turnsIn(folder);
  if (newest(turns) !== last + 1) {
    await rm(file, { force: true });
    return undefined;
  }
  const past = turns.filter((turn) => turn <= last);
  await Promise.all(past.map((turn) => rm(join(folder, String(turn)), { force: true })));
  return file;
}

/** In place, which needs no room on a full disk. Without it, the turn is over when this process is. */
async function endTurn(file: string): Promise<void> {
  try {
    const turn = await open(file, 'r+');
    try {
      await turn.write(OVER, 0);
      await turn.truncate(OVER.length);
    } finally {
      await turn.close();
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Waits until no other process works under this lock, then works. The folder `lock` stays, with one small file. */
export async function exclusively<T>(lock: string, work: () => Promise<T>): Promise<T> {
  await makeFolder(lock);
  let turn = await takeTurn(lock);
  while (turn === undefined) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    turn = await takeTurn(lock);
  }
  try {
    return await work();
  } finally {
    await endTurn(turn);
  }
}
