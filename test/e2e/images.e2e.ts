import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { bundleNames, repository, type BundleName } from '../../scripts/build.ts';
import { runtimeFlags } from '../../scripts/dev/services.ts';
import { readArchive, unpack } from '../../scripts/images/archive.ts';
import type { Sbom } from '../../scripts/images/sbom.ts';
import { filesOf, opensSqlite, runInImage } from '../image.ts';

function made(service: BundleName, kind: string): string {
  return join(repository, '.images', `twofold-${service}.${kind}`);
}

/** What an intruder in the container could use. */
const tools =
  /^(ba|da|a|z|k|c|tc)?sh$|^(busybox|toybox|apt(-get)?|dpkg|apk|yum|dnf|rpm|npm|npx|corepack|yarn|perl|python3?)$/;

/** esbuild writes the name of each file above its code: a listing independent of the metafile. */
function packagesIn(bundle: string): readonly string[] {
  const names = [...bundle.matchAll(/^(?: *)\/\/ (?:\S*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm)];
  return [...new Set(names.flatMap(([, name]) => name ?? []))].sort();
}

for (const service of bundleNames) {
  describe(`the image of the ${service}`, () => {
    const file = made(service, 'tar');
    const { config } = readArchive(file).config;
    const bundle = `/app/${service}.mjs`;
    const own = service === 'console' ? ['/app/admin.mjs', '/app/better_sqlite3.node', bundle] : [bundle];
    let root = '';

    before(() => {
      root = mkdtempSync(join(tmpdir(), 'twofold-image-'));
      chmodSync(root, 0o755);
      unpack(file, root);
    });
    after(() => rmSync(root, { recursive: true, force: true }));

    it('has its bundle, for a numeric user who cannot change it', () => {
      const files = filesOf(root).filter((path) => path.startsWith('/app/'));
      expect([...files].sort()).to.deep.equal(own);
      for (const path of files) {
        const { mode, uid } = statSync(join(root, path));
        expect([mode & 0o7777, uid]).to.deep.equal([0o444, 0]);
      }
      const flags = service === 'injector' ? ['--max-semi-space-size=1'] : runtimeFlags;
      expect(config.Entrypoint).to.deep.equal(['/nodejs/bin/node', ...flags, bundle]);
      expect(config.User).to.equal('65532:65532');
    });

    it('has no shell, no package manager and nothing that changes the user', () => {
      const files = filesOf(root);
      expect(files).to.include('/nodejs/bin/node');
      expect(files.filter((path) => tools.test(basename(path)))).to.deep.equal([]);
      expect(files.filter((path) => (statSync(join(root, path)).mode & 0o6000) !== 0)).to.deep.equal([]);
    });

    it('starts on a read-only root, and names every missing setting', () => {
      const { status, printed } = runInImage(root, config.Entrypoint ?? []);
      const missing = service === 'injector' ? /twofold: TWOFOLD_\w+ is missing/ : /TWOFOLD_\w+ must be set/;
      expect(printed).to.match(missing);
      expect(status).to.equal(service === 'injector' ? 15 : 78);
    });

    it('comes with a bill of exactly the packages in its bundle and Node, without URLs', () => {
      const text = readFileSync(made(service, 'cdx.json'), 'utf8');
      expect(text).to.not.match(/https?:\/\//);
      const { components } = JSON.parse(text) as Sbom; // as the build writes it
      const names = (start: string): readonly string[] =>
        components
          .filter(({ purl }) => purl?.startsWith(start))
          .map(({ purl = '' }) => purl.slice(start.length));
      const inBundle = packagesIn(readFileSync(join(root, bundle), 'utf8'));
      const listed = names('pkg:npm/').map((ref) => decodeURIComponent(ref.slice(0, ref.lastIndexOf('@'))));
      expect([...new Set(listed)].sort()).to.deep.equal(inBundle);
      const version = runInImage(root, ['/nodejs/bin/node', '--version']).printed.trim();
      expect(names('pkg:generic/')).to.include(`node@${version.slice(1)}`);
    });

    if (service === 'console') {
      it('opens an SQLite file with the driver that it names', () => {
        const env = config.Env ?? [];
        expect(env).to.include('TWOFOLD_SQLITE_ADDON=/app/better_sqlite3.node');
        const { status, printed } = runInImage(root, ['/nodejs/bin/node', '-e', opensSqlite], env);
        expect([status, printed]).to.deep.equal([0, '8192 65532\n']);
      });
    }
  });
}

describe('the images', () => {
  it('are identical when built twice', async () => {
    const script = join(repository, 'scripts/images/main.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--twice'], {
      cwd: repository,
    });
    const same = stdout.split('\n').filter((line) => line.endsWith('  identical'));
    expect(same).to.have.length(bundleNames.length);
  }).timeout(300_000);

  it('keep the injector’s pull within 45 MB', () => {
    const packed = execFileSync('sh', ['-c', 'zstd -q -3 -c "$1" | wc -c', 'sh', made('injector', 'tar')]);
    expect(Number(packed)).to.be.below(45_000_000);
  });
});
