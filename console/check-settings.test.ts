/** `--check-settings`: what the console says about its settings before it replaces one that runs. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { testFolder } from '../test/folder.ts';
import { startTestConsole } from './testing/console.ts';
import { buildBundle, bundle } from './testing/program.ts';

describe('the console’s check of its settings', function () {
  this.timeout(60_000);
  let env: Readonly<Record<string, string>> = {};
  let file = '';
  before(async () => {
    await buildBundle();
    const running = await startTestConsole('SQLite');
    ({ env } = running);
    await running.stop();
    file = join(testFolder('check-settings'), 'not', 'made.db');
  });

  const check = (changes: Readonly<Record<string, string>> = {}) => {
    const { TWOFOLD_DATABASE_URL_FILE: _, ...own } = env;
    const all = { PATH: process.env['PATH'], ...own, TWOFOLD_DATABASE_URL: `sqlite:${file}`, ...changes };
    const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, '--check-settings'], {
      env: all,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it('ends well where they are valid, and has touched nothing', () => {
    expect(check()).to.deep.equal({ status: 0, stdout: 'console: the settings are valid\n', stderr: '' });
    expect(existsSync(file)).to.equal(false);
  });

  for (const [what, changes, said] of [
    ['an unknown variable', { TWOFOLD_CLUSTR: 'x' }, /TWOFOLD_CLUSTR is not a setting/],
    ['a value out of range', { TWOFOLD_MAX_VALUE_BYTES: '1e3' }, /TWOFOLD_MAX_VALUE_BYTES must be/],
    ['a key file that is not there', { TWOFOLD_RECORD_KEYS_FILE: '/no/such' }, /TWOFOLD_RECORD_KEYS_FILE/],
    ['a path that is not there', { TWOFOLD_TLS_DIR: '/no/such' }, /TWOFOLD_TLS_DIR names \/no\/such/],
    ['a database where none can be', { TWOFOLD_DATABASE_URL: 'sqlite:/proc/version/x.db' }, /cannot be at/],
  ] as const) {
    it(`ends with 78 for ${what}`, () => {
      const { status, stderr } = check(changes);
      expect(stderr).to.match(said);
      expect(status).to.equal(78);
    });
  }
});
