import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, readlink, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createFile, readIfPresent, replaceFile, replaceTogether, sweep } from './atomic-files.ts';
import { testFolder } from '../test/folder.ts';

function content(text: string, mode = 0o644) {
  return { text, mode };
}
function read(dir: string, name: string): Promise<string> {
  return readFile(join(dir, name), 'utf8');
}
async function leftovers(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.startsWith('..') && name !== '..data');
}

describe('atomic files', () => {
  let dir: string;
  beforeEach(() => (dir = testFolder('certs')));

  it('replace a file with mode and content, and leave nothing else behind', async () => {
    const path = join(dir, 'a');
    await replaceFile(path, content('1'));
    await replaceFile(path, content('2', 0o600));
    expect(await read(dir, 'a')).to.equal('2');
    expect((await lstat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(dir)).to.deep.equal(['a']);
  });

  it('create a file once, whoever comes first', async () => {
    const path = join(dir, 'a');
    const made = await Promise.all(['1', '2', '3'].map((text) => createFile(path, content(text))));
    expect(made.filter(Boolean)).to.have.length(1);
    expect(await read(dir, 'a')).to.equal(`${made.indexOf(true) + 1}`);
    expect(await readdir(dir)).to.deep.equal(['a']);
  });

  it('read as undefined where there is none, and throw where one cannot be read', async () => {
    expect(await readIfPresent(join(dir, 'none'))).to.equal(undefined);
    const refusal = await readIfPresent(dir).catch((error: unknown) => error);
    expect(refusal).to.include({ code: 'unreadable', file: dir });
  });

  it('replace several files together, in the layout of a mounted Secret', async () => {
    await replaceTogether(dir, { a: content('1'), b: content('1', 0o600) });
    await replaceTogether(dir, { a: content('2'), b: content('2', 0o600) });
    expect([await read(dir, 'a'), await read(dir, 'b')]).to.deep.equal(['2', '2']);
    expect(await readlink(join(dir, 'a'))).to.equal('..data/a');
    expect(await leftovers(dir)).to.deep.equal([await readlink(join(dir, '..data'))]);
    expect((await lstat(join(dir, '..data/b'))).mode & 0o777).to.equal(0o600);
  });

  it('repair a folder that was copied without its links', async () => {
    await mkdir(join(dir, '..data'));
    await writeFile(join(dir, '..data', 'a'), 'old');
    await writeFile(join(dir, 'a'), 'old');
    await replaceTogether(dir, { a: content('new') });
    expect(await read(dir, 'a')).to.equal('new');
    expect(await readlink(join(dir, 'a'))).to.equal('..data/a');
  });

  it('sweep away old leftovers, and spare the current version and what is younger than ten minutes', async () => {
    await replaceTogether(dir, { a: content('1') });
    await mkdir(join(dir, '..old'));
    await writeFile(join(dir, '..old', 'tls.key'), 'half');
    await writeFile(join(dir, '..young'), 'half');
    await symlink('nowhere', join(dir, '..link'));
    await writeFile(join(dir, 'orphan'), '');
    const past = new Date(Date.now() - 11 * 60 * 1000);
    for (const name of ['..old', 'orphan', 'a']) await utimes(join(dir, name), past, past);
    await sweep(dir, new Date(), (name) => name === 'orphan');
    expect(await readdir(dir)).to.include.members(['..data', '..link', '..young', 'a']);
    expect(await readdir(dir)).to.have.length(5);
    expect(await read(dir, 'a')).to.equal('1');
  });

  it('belong together after a kill at any moment', async function () {
    this.timeout(20_000);
    const module = new URL('./atomic-files.ts', import.meta.url).href;
    const script = `
      const { replaceTogether } = await import(${JSON.stringify(module)});
      for (let n = 0; ; n += 1) {
        const file = { text: String(n).repeat(2000), mode: 0o600 };
        await replaceTogether(${JSON.stringify(dir)}, { a: file, b: file });
        if (n === 0) process.stdout.write('ready');
      }`;
    for (const delayMs of [5, 9, 14, 22]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      // Where in a write this lands is left to the machine; that it may land anywhere is the point.
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await read(dir, 'a'))
        .to.equal(await read(dir, 'b'))
        .and.not.equal('');
    }
    await sweep(dir, new Date(Date.now() + 3_600_000), () => false);
    expect(await leftovers(dir)).to.deep.equal([await readlink(join(dir, '..data'))]);
  });
});
