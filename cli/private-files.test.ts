import { expect } from 'chai';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from '../test/folder.ts';
import { Failure } from './failure.ts';
import { demandModes, makeFolder, privateFile, type Guard } from './private-files.ts';

const guard: Guard = { bits: 0o077, exposed: (path) => [`Others can read ${path}.`, 'Close it.'] };

describe('a private file', () => {
  let folder: string;
  before(() => (folder = join(testFolder('private-files'), 'new', 'folder')));
  const place = () => ({ folder, variable: 'XDG_STATE_HOME' }) as const;

  it('is written whole, for its owner, with the folders above it', async () => {
    const file = privateFile(place(), 'a.json', guard);
    expect(await file.read()).to.deep.equal({});
    await file.write({ a: 1 });
    expect(await file.read()).to.deep.equal({ a: 1 });
    expect(readdirSync(folder)).to.deep.equal(['a.json']);
    expect([folder, join(folder, 'a.json')].map((path) => statSync(path).mode & 0o777)).to.deep.equal([
      0o700, 0o600,
    ]);
  });

  it('that others can read is refused, unless it is to be ended', async () => {
    const file = privateFile(place(), 'b.json', guard);
    await file.write({ b: 1 });
    chmodSync(join(folder, 'b.json'), 0o640);
    expect(await file.read().catch((error: unknown) => error)).to.include({ code: 'state_exposed' });
    expect(await file.readExposed()).to.deep.equal({ content: { b: 1 }, exposed: true });
  });

  it('is not made where the file system has no modes', () => {
    expect(() => demandModes(0o100600, guard.bits, place())).not.to.throw();
    expect(() => demandModes(0o100777, guard.bits, place())).to.throw(Failure, /no permissions/);
  });

  it('and what is in its place stays as it is where nothing can be written', async () => {
    writeFileSync(join(folder, 'file'), 'mine');
    const below = privateFile({ ...place(), folder: join(folder, 'file') }, 'c.json', guard);
    expect(await below.read()).to.deep.equal({});
    expect(await below.write({}).catch((error: unknown) => error)).to.include({ code: 'state_unusable' });
    expect(readFileSync(join(folder, 'file'), 'utf8')).to.equal('mine');
  });

  // Node's own recursion never ends here.
  (process.platform === 'linux' ? it : it.skip)('has no folder where none can be made', async () => {
    const error: unknown = await makeFolder('/proc/twofold/folder').catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'ENOENT' });
  });
});
