import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { sqliteAddon } from './sqlite-addon.ts';

/** Statements that nothing holds, and enough other garbage that it is collected between scripts, as in a busy service. */
const collect = `
  const Database = require('better-sqlite3');
  const db = new Database(':memory:', { nativeBinding: process.argv[1] });
  let [rounds, garbage] = [12, []];
  const timer = setInterval(() => {
    for (let i = 0; i < 500; i += 1) db.prepare('select 1').get();
    garbage = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    rounds -= 1;
    if (rounds === 0) { clearInterval(timer); console.log('alive'); }
  }, 5);`;

describe('the SQLite addon', () => {
  it('outlives a collection of garbage that no script asked for', () => {
    const args = ['-e', collect, sqliteAddon()];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' })).to.equal('alive\n');
  });
});
