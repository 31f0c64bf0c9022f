import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from '../../test/folder.ts';
import { sqliteAddon } from '../../scripts/build.ts';
import { openDatabase } from './database.ts';
import { createRecords } from './records.ts';
import { recordKeys } from '../testing/record-rows.ts';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the file of a SQLite database', () => {
  let umask: number;
  // What a container's process starts with, and the loosest there is.
  before(() => (umask = process.umask(0)));
  after(() => process.umask(umask));

  const records = createRecords(recordKeys());
  const open = (file: string) => openDatabase({ url: `sqlite:${file}`, sqliteAddon }, records);
  const modesIn = (folder: string): string[] =>
    readdirSync(folder)
      .sort()
      .map((name) => `${name} ${modeOf(join(folder, name))}`);

  it('is for its user alone, and so are SQLite’s files next to it, and the folder created for it', async () => {
    const folder = join(testFolder('sqlite'), 'new', 'deep');
    const database = await open(join(folder, 'twofold.db'));
    await database.check();
    expect(modesIn(folder)).to.deep.equal(['twofold.db 600', 'twofold.db-shm 600', 'twofold.db-wal 600']);
    expect(modeOf(folder)).to.equal('700');
    await database.close();
  });

  it('is closed to others if it was open to them', async () => {
    const folder = testFolder('sqlite');
    await (await open(join(folder, 'twofold.db'))).close();
    for (const name of ['twofold.db', 'twofold.db-wal', 'twofold.db-shm']) {
      if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), '');
      chmodSync(join(folder, name), 0o664);
    }
    const database = await open(join(folder, 'twofold.db'));
    expect(modesIn(folder).map((line) => line.split(' ')[1])).to.deep.equal(['600', '600', '600']);
    await database.close();
  });

  it('may be in a volume of the pod’s group, as fsGroup makes them', async () => {
    const volume = join(testFolder('sqlite'), 'volume');
    mkdirSync(volume);
    chmodSync(volume, 0o2775);
    const database = await open(join(volume, 'twofold.db'));
    expect([modeOf(volume), modeOf(join(volume, 'twofold.db'))]).to.deep.equal(['775', '600']);
    await database.close();
  });

  it('is not put where anybody may replace it', async () => {
    const folder = join(testFolder('sqlite'), 'open');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const outcome = await open(join(folder, 'twofold.db')).catch((error: unknown) => String(error));
    expect(outcome).to.contain('anybody may replace files in').and.contain('a folder of its own');
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
