import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../scripts/build.ts';
import { packCli } from '../../scripts/pack-cli.ts';
import { testFolder } from '../folder.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies?: object;
}

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(repository, path), 'utf8')) as Manifest;
} // ours

describe('the package of the command line', () => {
  let dir: string;
  let file: string;
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  before(async function () {
    this.timeout(60_000);
    dir = testFolder('package');
    file = await packCli(dir);
  });

  it('contains one program, and needs no other package', () => {
    const files = run('tar', '-tzf', file).trim().split('\n').sort();
    expect(files).to.deep.equal(
      ['LICENSE', 'README.md', 'package.json', 'twofold.js'].map((name) => `package/${name}`),
    );
    expect(manifest('cli/npm/package.json').dependencies).to.equal(undefined);
  });

  it('has the version of the repository', () => {
    expect(manifest('cli/npm/package.json').version).to.equal(manifest('package.json').version);
  });

  it('is installed by npm without a network, and runs by its name', () => {
    const prefix = join(dir, 'prefix');
    run('npm', 'install', '--global', '--offline', '--no-audit', '--prefix', prefix, file);
    expect(run(join(prefix, 'bin/twofold'), '--version')).to.equal(
      `twofold ${manifest('package.json').version}\n`,
    );
  }).timeout(60_000);
});
