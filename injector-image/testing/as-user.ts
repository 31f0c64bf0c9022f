/**
 * Fills a volume or reads from it as another user, which takes root: run with one argument, a Task as JSON; what was read
 * comes as JSON, an error as its code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillVolumes } from '../volume.ts';

export interface Task {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones, such as a pod's fsGroup. */
  readonly groups: readonly number[];
  readonly dir: string;
  readonly paths: readonly string[];
  /** Of the files to write; undefined: they are read. */
  readonly mode: number | undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

const task = JSON.parse(process.argv[2] ?? '') as Task; // from a test
const { uid, gid, groups, dir, paths, mode } = task;
process.setgroups?.(groups);
process.setgid?.(gid);
process.setuid?.(uid);
if (mode === undefined) process.stdout.write(JSON.stringify(paths.map((path) => read(join(dir, path)))));
else {
  const open = (path: string) => () => Promise.resolve(Buffer.from(path));
  await fillVolumes([{ dir, contents: paths.map((path) => ({ path, mode, open: open(path) })) }]);
}
