/**
 * `make bundles`: everything in an image that has to be built, built outside it: the bundles, and the SQLite
 * addon. Development tool, no zone.
 */
import { join } from 'node:path';
import { build, repository } from '../build.ts';
import { placeAddon } from './addon.ts';
import { architectures } from './elf.ts';
import { imageAddon } from './services.ts';

for (const { name, bytes } of await build()) {
  console.log(`dist/${name}.js  ${(bytes / 1024).toFixed(0)} KiB`);
}
placeAddon(architectures[0], join(repository, imageAddon));
console.log(`${imageAddon}  loads on Debian 12`);
