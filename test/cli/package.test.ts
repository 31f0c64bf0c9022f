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
    file = await packCli(join(dir, 'dist'));
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

  it('is installed as docs/cli.md says, without a network, and then runs and completes by its name', () => {
    const page = readFileSync(join(repository, 'docs/cli.md'), 'utf8');
    const [, section = ''] = /^## Install it$([^]*?)^## /m.exec(page) ?? [];
    const commands = section.match(/^ {4}.*$/gm) ?? [];
    expect(commands).to.have.length(2);
    const prefix = join(dir, 'prefix');
    const env = {
      ...process.env,
      PATH: `${join(prefix, 'bin')}:${process.env['PATH'] ?? ''}`,
      npm_config_prefix: prefix,
      npm_config_offline: 'true',
      npm_config_audit: 'false',
    };
    const script = [...commands, 'twofold --version', 'complete -p twofold'].join('\n');
    const printed = execFileSync('bash', ['-e', '-c', script], {
      cwd: dir,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(printed).to.match(/^complete -o default -F _twofold twofold$/m);
    expect(printed).to.contain(`\ntwofold ${manifest('package.json').version}\n`);
  }).timeout(60_000);
});
