import { expect } from 'chai';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exclusively } from './lock.ts';
import { testFolder } from '../test/folder.ts';

const run = promisify(execFile);
const lockModule = fileURLToPath(new URL('lock.ts', import.meta.url));

/** The pid of a process that has ended. */
function endedPid(): string {
  return String(spawnSync(process.execPath, ['-e', '0']).pid);
}

/** Works a few times under the lock; reports each time that another process was inside too. */
const worker = `
import { exclusively } from ${JSON.stringify(lockModule)};
import { openSync, closeSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
const [lock, inside, times] = process.argv.slice(1);
for (let time = 0; time < Number(times); time += 1) {
  await exclusively(lock, async () => {
    try { closeSync(openSync(inside, 'wx')); } catch { console.log('two inside'); return; }
    await wait(1);
    rmSync(inside);
  });
}
console.log('done');
`;

describe('a lock', () => {
  let dir: string;
  before(() => (dir = testFolder('lock')));

  it('lets one work at a time, and the next one even when the work fails', async () => {
    const lock = join(dir, 'new', 'lock');
    let [working, most] = [0, 0];
    const work = async (): Promise<void> => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
      throw new Error('failed');
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => exclusively(lock, work)));
    expect(all.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    expect(most).to.equal(1);
    const [left, ...more] = readdirSync(lock);
    expect([readFileSync(join(lock, left!), 'utf8'), more]).to.deep.equal(['over', []]);
  });

  it('of a killed process blocks nobody', async () => {
    const lock = join(dir, 'killed');
    mkdirSync(lock);
    writeFileSync(join(lock, '7'), endedPid());
    expect(await exclusively(lock, () => Promise.resolve('done'))).to.equal('done');
    expect(readdirSync(lock)).to.deep.equal(['8']);
  });

  it('lets in one of several processes that all find a killed one', async function () {
    this.timeout(60_000);
    for (let round = 0; round < 5; round += 1) {
      const lock = join(dir, `several-${round}`);
      mkdirSync(lock);
      writeFileSync(join(lock, '1'), endedPid());
      const args = ['--input-type=module', '-e', worker, lock, `${lock}.inside`, '20'];
      const all = await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, args)));
      expect(all.map(({ stdout }) => stdout)).to.deep.equal(Array(4).fill('done\n'));
    }
  });
});
