/** The SQLite addon of an image, where its Containerfile expects it. Development tool, no zone. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { tool, unsatisfied, type Architecture } from './elf.ts';
import { addonFor } from './services.ts';

/** Complete or absent. Throws where Debian 12, the system of the bases, could not load it. */
export function placeAddon(architecture: Architecture, file: string): void {
  copyFileSync(addonFor(architecture), `${file}.new`);
  chmodSync(`${file}.new`, 0o644);
  const objdump = execFileSync(tool('objdump', architecture), ['-p', `${file}.new`], { encoding: 'utf8' });
  const missing = unsatisfied(objdump);
  if (missing.length > 0)
    throw new Error(
      `${file} needs ${missing.join(', ')}, which Debian 12 does not have: build the images on Debian 12, or in a Debian 12 container`,
    );
  renameSync(`${file}.new`, file);
}
