/** The files of an image, and its programs run in them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every file, by its path in the image. */
export function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

/**
 * Runs a program in the image's files as its user: read-only, except /tmp, which a pod would mount. With no
 * variables except the image's and these.
 */
export function runInImage(root: string, command: readonly string[], env: readonly string[] = []) {
  const script = [
    'mount --bind "$1" "$1"',
    'mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"',
    'mount -o remount,bind,ro "$1"',
    'root=$1; shift; exec chroot --userspec=65532:65532 "$root" "$@"',
  ].join(' && ');
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', root, ...command];
  const { status, stdout, stderr } = spawnSync(
    'env',
    ['-i', `PATH=${process.env['PATH'] ?? ''}`, ...env, 'unshare', ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, printed: stdout + stderr };
}

/** For Node in the console's image: as at the start of better-sqlite3's own database.js. Prints the file's size and the user. */
export const opensSqlite = `
  const addon = require(process.env.TWOFOLD_SQLITE_ADDON);
  addon.initialize(Error, (...list) => list, () => {}, () => () => ({}), (value) => ({ value, done: false }));
  const db = new addon.Database('/tmp/x.db', '/tmp/x.db', false, false, false, 1000, null, null, null, null);
  db.exec('create table t (x); insert into t values (1)');
  console.log(require('fs').statSync('/tmp/x.db').size, process.getuid());`;
