/** The images and what goes into each. Development tool, no zone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository, type BundleName } from '../build.ts';
import type { Architecture } from './elf.ts';

/** In dist/, next to the bundles; the console's Containerfile names it. */
export const imageAddon = 'dist/better_sqlite3.node';

/** The addon that better-sqlite3's package has for this architecture. */
export function addonFor(architecture: Architecture): string {
  const name = { amd64: 'linux-x64', arm64: 'linux-arm64' }[architecture];
  return join(repository, `node_modules/better-sqlite3/prebuilds/${name}.node`);
}

export const containerfiles: Readonly<Record<BundleName, string>> = {
  console: 'console/Containerfile',
  webhook: 'webhook/Containerfile',
  keyservice: 'keyservice/Containerfile',
  injector: 'injector-image/Containerfile',
};

const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly version: string; // npm requires it
};
export { version };

/** `localhost/twofold-console:0.1.0`; IMAGE_PREFIX and IMAGE_TAG choose others. */
export function imageName(service: BundleName): string {
  return `${process.env['IMAGE_PREFIX'] ?? 'localhost/twofold-'}${service}:${process.env['IMAGE_TAG'] ?? version}`;
}
