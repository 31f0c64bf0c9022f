import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { exclusively } from './lock.ts';
import { testFolder } from '../test/folder.ts';

describe('a lock', () => {
  let dir: string;
  before(() => (dir = testFolder('lock')));

  it('lets one work at a time, and is gone afterwards, also when the work fails', async () => {
    const path = join(dir, 'new', 'lock');
    let [working, most] = [0, 0];
    const work = async (): Promise<void> => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
      throw new Error('failed');
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => exclusively(path, work)));
    expect(all.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    expect([most, existsSync(path)]).to.deep.equal([1, false]);
  });

  it('of a process that was killed holds nobody up', async () => {
    const path = join(dir, 'lock');
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(path, String(pid));
    expect(await exclusively(path, () => Promise.resolve('done'))).to.equal('done');
  });
});
