import { expect } from 'chai';
import { join } from 'node:path';
import { freePort } from '../../dev/free-port.ts';
import { ensureProgram, isRunning, runsAsGiven, stopProgram, type Program } from './background.ts';
import { testFolder } from '../../../test/folder.ts';

const LISTENS = `require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1')`;

describe('a program in the background', function () {
  this.timeout(20_000);
  const dir = testFolder('background');
  const program = (...args: readonly string[]): Program => ({
    marker: dir,
    command: [process.execPath, '--eval', LISTENS, ...args, dir],
    pidFile: join(dir, 'pid'),
    logFile: join(dir, 'log'),
  });
  let port: string;
  before(async () => {
    port = String(await freePort());
  });
  after(async () => {
    await stopProgram(program());
  });

  it('counts as running only with exactly these arguments', async () => {
    const given = program(port);
    expect(runsAsGiven(given)).to.equal(false);
    await ensureProgram(given, { host: '127.0.0.1', port: Number(port) });
    expect(runsAsGiven(program(port))).to.equal(true);
    const changed = program(port, '--another');
    expect([isRunning(changed), runsAsGiven(changed)]).to.deep.equal([true, false]);
    await stopProgram(changed);
    expect([isRunning(given), runsAsGiven(given)]).to.deep.equal([false, false]);
  });
});
