import { expect } from 'chai';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { failureOf } from '../test/refusal.ts';
import { fillVolumes, type Content } from './volume.ts';
import { testFolder } from '../test/folder.ts';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

describe('filling a volume', () => {
  let base: string;
  let dir: string;
  let elsewhere: string;
  const given: Uint8Array[] = [];
  const content = (path: string, text = path, mode = 0o400): Content => ({
    path,
    mode,
    open: () => {
      const bytes = Buffer.from(text);
      given.push(bytes);
      return Promise.resolve(bytes);
    },
  });
  const failing = (path: string): Content => ({
    ...content(path),
    open: () => Promise.reject(new Error('cannot be opened')),
  });
  const fill = (...contents: Content[]): Promise<void> => fillVolumes([{ dir, contents }]);

  beforeEach(() => {
    base = testFolder('volume');
    [dir, elsewhere] = [join(base, 'volume'), join(base, 'elsewhere')];
    mkdirSync(dir);
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'precious'), 'precious');
  });
  afterEach(() => {
    expect(readFileSync(join(elsewhere, 'precious'), 'utf8')).to.equal('precious');
    expect(readdirSync(elsewhere)).to.deep.equal(['precious']);
  });

  it('writes nested files with their modes, whatever the umask, and leaves no temporary name', async () => {
    const umask = process.umask(0o077);
    try {
      await fill(
        content('a', 'A', 0o400),
        content('pg/x/password', 'P', 0o440),
        content('pg/x/user', 'U', 0o444),
      );
    } finally {
      process.umask(umask);
    }
    expect(['a', 'pg/x/password', 'pg/x/user'].map((path) => modeOf(join(dir, path)))).to.deep.equal([
      '400',
      '440',
      '444',
    ]);
    expect(['pg', 'pg/x'].map((path) => modeOf(join(dir, path)))).to.deep.equal(['755', '755']);
    expect(readdirSync(dir, { recursive: true }).sort()).to.deep.equal([
      'a',
      'pg',
      'pg/x',
      'pg/x/password',
      'pg/x/user',
    ]);
    expect(readFileSync(join(dir, 'pg/x/password'), 'utf8')).to.equal('P');
  });

  it('accepts the longest names allowed', async () => {
    const path = Array.from({ length: 4 }, (_, at) => String(at).repeat(253)).join('/');
    await fill(content(path, 'long'));
    expect(readFileSync(join(dir, path), 'utf8')).to.equal('long');
  });

  it('wipes the plaintext once it is written, or when writing fails', async () => {
    given.length = 0;
    await fill(content('a', 'secret'));
    await failureOf(fill(content('a', 'secret'), content('a/b', 'secret')));
    expect(given).to.have.length(3);
    for (const bytes of given) expect([...bytes]).to.deep.equal([0, 0, 0, 0, 0, 0]);
  });

  it('produces the same files over its own earlier result, and over what a killed run left', async () => {
    const all = [content('a'), content('pg/password')];
    await fill(...all);
    await fill(...all);
    writeFileSync(join(dir, '..new'), 'half');
    writeFileSync(join(dir, 'pg', '..new'), 'half');
    await fill(...all);
    expect(readdirSync(dir, { recursive: true }).sort()).to.deep.equal(['a', 'pg', 'pg/password']);
    expect(readFileSync(join(dir, 'pg/password'), 'utf8')).to.equal('pg/password');
  });

  it('does not write through a link in place of the volume', async () => {
    const link = join(base, 'link');
    symlinkSync(elsewhere, link);
    const error = await failureOf(fillVolumes([{ dir: link, contents: [content('a')] }]));
    expect(error).to.include({ kind: 'tampered' });
    const file = join(base, 'file');
    writeFileSync(file, '');
    expect(await failureOf(fillVolumes([{ dir: file, contents: [] }]))).to.include({ kind: 'tampered' });
  });

  it('does not follow a link planted as a folder, a file or the temporary name', async () => {
    symlinkSync(elsewhere, join(dir, 'pg'));
    symlinkSync(join(elsewhere, 'precious'), join(dir, 'a'));
    symlinkSync(join(elsewhere, 'new'), join(dir, '..new'));
    mkdirSync(join(dir, 'sub'));
    symlinkSync(elsewhere, join(dir, 'sub', 'deep'));
    await fill(content('a'), content('pg/password'), content('sub/deep/precious', 'x'));
    for (const path of ['a', 'pg/password', 'sub/deep/precious']) {
      expect(lstatSync(join(dir, path)).isFile(), path).to.equal(true);
    }
  });

  it('does not follow a link that appears while it writes', async () => {
    const planting = (path: string, name: string): Content => ({
      ...content(path),
      open: () => {
        symlinkSync(elsewhere, join(dir, name));
        return Promise.resolve(Buffer.from('x'));
      },
    });
    for (const [path, name] of [
      ['pg/password', 'pg'],
      ['a', '..new'],
    ] as const) {
      await failureOf(fill(planting(path, name)));
      expect(readdirSync(dir)).to.deep.equal([]);
    }
    // A rename replaces the link itself.
    await fill(planting('b', 'b'));
    expect(lstatSync(join(dir, 'b')).isFile()).to.equal(true);
  });

  it('leaves nothing in any of the volumes when the last file of the last one fails', async () => {
    const other = join(base, 'other');
    mkdirSync(other);
    const volumes = [
      { dir, contents: [content('a'), content('pg/password')] },
      { dir: other, contents: [content('env'), failing('b')] },
    ];
    expect(await failureOf(fillVolumes(volumes))).to.include({ message: 'cannot be opened' });
    expect([readdirSync(dir), readdirSync(other)]).to.deep.equal([[], []]);
  });
});
