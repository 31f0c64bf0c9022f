import { chmod, mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { StoreError, type StoreFault } from './store-error.ts';
import { caBundle, listCertificates, rotateRoot } from './store.ts';
import {
  contents,
  days,
  ensure,
  issuedFolder,
  issuedIn,
  pooledKeyPair,
  rootFile,
} from './testing/issued-folder.ts';
import { testFolder } from '../test/folder.ts';

async function faultOf(promise: Promise<unknown>): Promise<[StoreFault, string]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error('not refused', { cause: error });
  expect(error.message).to.include(error.file);
  return [error.code, error.file];
}

describe('a folder of certificates that is', () => {
  let dir: string;
  beforeEach(async () => (dir = await issuedFolder()));

  describe('damaged in a leaf', () => {
    it('reissues it where certificate or key is missing, cut or changed', async () => {
      const [certificate, key] = ['tls.crt', 'tls.key'].map((name) => join(dir, 'keyservice', name));
      const damages: [string, () => Promise<void>][] = [
        ['tls.crt is missing', () => rm(certificate!)],
        ['tls.crt is damaged', () => truncate(certificate!, 700)],
        ['tls.key is missing', () => rm(key!)],
        ['tls.key is damaged', () => truncate(key!, 0)],
        ['tls.key is damaged', async () => writeFile(key!, `${await readFile(key!, 'utf8')}\n`)],
      ];
      for (const [fault, damage] of damages) {
        await damage();
        expect(issuedIn(await ensure(dir))).to.deep.equal([['keyservice', fault]]);
      }
      expect(issuedIn(await ensure(dir))).to.deep.equal([]);
    });

    it('reissues it where the key is another leaf’s', async () => {
      await writeFile(join(dir, 'keyservice', 'tls.key'), await readFile(join(dir, 'console', 'tls.key')));
      const [reason] = issuedIn(await ensure(dir));
      expect(reason).to.deep.equal(['keyservice', 'tls.key does not belong to tls.crt']);
    });

    it('writes the bundle of roots again, and keeps the key', async () => {
      const before = await contents(dir);
      await truncate(join(dir, 'console', 'ca.crt'), 100);
      const { leaves } = await ensure(dir);
      expect(leaves.map(({ action }) => action)).to.deep.equal(['bundle', ...Array<string>(6).fill('kept')]);
      expect(await contents(dir)).to.deep.equal(before);
    });

    it('names the file where it cannot be read at all', async () => {
      await rm(join(dir, 'console', 'tls.crt'));
      await mkdir(join(dir, 'console', 'tls.crt'));
      expect(await faultOf(ensure(dir))).to.deep.equal(['unreadable', join(dir, 'console', 'tls.crt')]);
    });

    it('says so in the list', async () => {
      await truncate(join(dir, 'console', 'tls.key'), 100);
      const { leaves } = await listCertificates(dir);
      expect(leaves.map(({ fault }) => fault)).to.deep.equal([
        'tls.key is damaged',
        ...Array<undefined>(6).fill(undefined),
      ]);
    });
  });

  describe('damaged in the root', () => {
    for (const suffix of ['.crt', '.key']) {
      it(`is refused, naming the ${suffix} file, where that is missing or cut`, async () => {
        const before = await contents(dir);
        const path = await rootFile(dir, suffix);
        for (const damage of [() => truncate(path, 1000), () => truncate(path, 0), () => rm(path)]) {
          await damage();
          expect(await faultOf(ensure(dir))).to.deep.equal(['root-damaged', path]);
        }
        expect(await contents(dir)).to.deep.equal(before);
      });
    }

    it('is refused while the next root is staged, if that root’s key is cut', async () => {
      const now = days(0);
      await rotateRoot({ dir, now, begin: 'now', newKeyPair: pooledKeyPair });
      const staged = (await listCertificates(dir)).roots.find(({ phase }) => phase === 'staged');
      const path = join(dir, 'root', `${staged!.id}.key`);
      await truncate(path, 1000);
      expect(await faultOf(ensure(dir))).to.deep.equal(['root-damaged', path]);
    });

    it('is refused where the state is cut or lost, rather than trusted to a new root', async () => {
      const path = join(dir, 'root', 'state.json');
      await truncate(path, 50);
      expect(await faultOf(ensure(dir))).to.deep.equal(['state-damaged', path]);
      expect(await faultOf(caBundle(dir))).to.deep.equal(['state-damaged', path]);
      await rm(path);
      expect(await faultOf(ensure(dir))).to.deep.equal(['state-lost', path]);
    });

    it('is refused where every user could read the root’s key', async () => {
      const path = await rootFile(dir, '.key');
      await chmod(path, 0o644);
      expect(await faultOf(ensure(dir))).to.deep.equal(['root-exposed', path]);
    });

    it('is refused where the clock is earlier than the root', async () => {
      expect((await faultOf(ensure(dir, days(-1))))[0]).to.equal('root-not-yet-valid');
    });
  });

  describe('left by a killed run', () => {
    it('begins again where the first root was never named by a state', async () => {
      const empty = testFolder('certs');
      await mkdir(join(empty, 'root'));
      const orphan = join(empty, 'root', `${'0'.repeat(16)}.key`);
      await writeFile(orphan, 'half a k');
      await utimes(orphan, days(-1), days(-1));
      await writeFile(join(empty, 'root', '..0123456789abcdef'), 'half a certif');
      expect(issuedIn(await ensure(empty))).to.have.length(7);
      const left = await readdir(join(empty, 'root'));
      expect(left)
        .to.include('..0123456789abcdef')
        .and.not.include(`${'0'.repeat(16)}.key`);
      expect(issuedIn(await ensure(empty, days(1)))).to.deep.equal([]);
      expect(await readdir(join(empty, 'root'))).to.have.length(3);
    });

    it('is not disturbed by half a version or a temporary file next to a leaf', async () => {
      const before = await contents(dir);
      await mkdir(join(dir, 'console', '..0011223344556677'));
      await writeFile(join(dir, 'console', '..0011223344556677', 'tls.key'), 'half a k');
      await writeFile(join(dir, 'root', '..8899aabbccddeeff'), '{"version": 1, "ro');
      expect(issuedIn(await ensure(dir))).to.deep.equal([]);
      expect(await contents(dir)).to.deep.equal(before);
      await ensure(dir, days(1));
      expect(await readdir(join(dir, 'console'))).to.have.length(5);
    });
  });
});
