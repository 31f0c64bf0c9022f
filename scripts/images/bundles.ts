/**
 * `make bundles`: everything in an image that has to be built, built outside it: the bundles, and the SQLite
 * addon. Development tool, no zone.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { build, repository, sqliteAddon } from '../build.ts';
import { unsatisfied } from './elf.ts';
import { imageAddon } from './services.ts';

/** Throws where Debian 12, the system of the bases, could not load it. */
function checkLoadable(file: string): void {
  const missing = unsatisfied(execFileSync('objdump', ['-p', file], { encoding: 'utf8' }));
  if (missing.length === 0) return;
  throw new Error(
    `${file} needs ${missing.join(', ')}, which Debian 12 does not have: build the images on Debian 12, or in a Debian 12 container`,
  );
}

for (const { name, bytes } of await build()) {
  console.log(`dist/${name}.js  ${(bytes / 1024).toFixed(0)} KiB`);
}
const addon = join(repository, imageAddon);
copyFileSync(sqliteAddon, `${addon}.new`);
chmodSync(`${addon}.new`, 0o644);
checkLoadable(`${addon}.new`);
renameSync(`${addon}.new`, addon);
console.log(`${imageAddon}  loads on Debian 12`);
