/** `make cli`: packs the command line for npm, dist/twofold-cli-<version>.tgz: one file and its manifest. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, repository } from './build.ts';

/** Builds the bundle and packs it into `destination`; returns the package's file. */
export async function packCli(destination: string): Promise<string> {
  const folder = join(destination, 'cli');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({ names: ['twofold'], outdir: folder });
  rmSync(join(folder, 'twofold.meta.json'));
  for (const name of ['package.json', 'README.md'])
    copyFileSync(join(repository, 'cli/npm', name), join(folder, name));
  copyFileSync(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]; // npm's own output
  return join(destination, filename);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${await packCli(join(repository, 'dist'))} written; try it with: npm install --global FILE`);
}
