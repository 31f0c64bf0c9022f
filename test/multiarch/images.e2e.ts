/** What `make images-multiarch` wrote: an index of two images for each service, whose programs start. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundleNames, repository } from '../../scripts/build.ts';
import { architectureOf, architectures, type Architecture } from '../../scripts/images/elf.ts';
import { filesOf, opensSqlite, runInImage } from '../image.ts';

const EMULATOR = '/usr/bin/qemu-aarch64-static';

// As the OCI image specification says.
interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
}
interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}
interface Config {
  readonly architecture: string;
  readonly config: { readonly Entrypoint: readonly string[]; readonly Env?: readonly string[] };
}

function headerOf(file: string): Uint8Array {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header);
  return header;
}

for (const service of bundleNames) {
  describe(`the images of the ${service}`, function () {
    this.timeout(120_000);
    const archive = join(repository, '.images/multiarch', `twofold-${service}.tar`);
    let folder = '';
    const blob = ({ digest, size }: Descriptor): Buffer => {
      const content = readFileSync(join(folder, 'blobs', digest.replace(':', '/')));
      expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).to.equal(digest);
      expect(content.length).to.equal(size);
      return content;
    };
    const parsed = (content: Buffer): unknown => JSON.parse(content.toString('utf8'));
    const rootOf = (architecture: Architecture): string => join(folder, architecture);
    let manifests: readonly Descriptor[] = [];
    const configs = new Map<Architecture, Config>();

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'twofold-multiarch-'));
      chmodSync(folder, 0o755);
      execFileSync('tar', ['-xf', archive, '-C', folder]);
      const top = parsed(readFileSync(join(folder, 'index.json'))) as { manifests: readonly [Descriptor] };
      const index = parsed(blob(top.manifests[0])) as { manifests: readonly Descriptor[] };
      ({ manifests } = index);
      for (const architecture of architectures) {
        const found = manifests.find(({ platform }) => platform?.architecture === architecture);
        if (!found) throw new Error(`no image for ${architecture}`);
        const { config, layers } = parsed(blob(found)) as Manifest;
        configs.set(architecture, parsed(blob(config)) as Config);
        mkdirSync(rootOf(architecture));
        for (const layer of layers)
          execFileSync('tar', ['-x', '-p', '-C', rootOf(architecture)], { input: blob(layer) });
      }
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it('are one index of an image for each architecture, which other tools read', () => {
      expect(manifests.map(({ platform }) => platform)).to.deep.equal(
        architectures.map((architecture) => ({ architecture, os: 'linux' })),
      );
      for (const architecture of architectures) {
        expect(configs.get(architecture)?.architecture).to.equal(architecture);
        const copy = join(folder, `copy-${architecture}`);
        const chosen = ['--override-arch', architecture, '--insecure-policy', 'copy'];
        execFileSync('skopeo', [...chosen, `oci-archive:${archive}`, `dir:${copy}`]);
      }
    });

    for (const architecture of architectures) {
      it(`has only programs and libraries for ${architecture}`, () => {
        const root = rootOf(architecture);
        const kinds = filesOf(root).map((path) => [path, architectureOf(headerOf(root + path))] as const);
        const binaries = kinds.filter(([, kind]) => kind !== undefined);
        expect(binaries.filter(([, kind]) => kind !== architecture)).to.deep.equal([]);
        const names = binaries.map(([path]) => path);
        expect(names)
          .to.include('/nodejs/bin/node')
          .and.to.satisfy(() => names.some((n) => n.endsWith('/libc.so.6')));
        expect(names.includes('/app/better_sqlite3.node')).to.equal(service === 'console');
      });

      it(`starts for ${architecture}, and names every missing setting`, () => {
        const { Entrypoint: entrypoint = [], Env: env = [] } = configs.get(architecture)?.config ?? {};
        const emulated = architecture !== architectures[0];
        if (emulated) copyFileSync(EMULATOR, join(rootOf(architecture), 'emulator'));
        const run = (command: readonly string[]) =>
          runInImage(rootOf(architecture), emulated ? ['/emulator', ...command] : command, env);
        const { status, printed } = run(entrypoint);
        const missing =
          service === 'injector' ? /twofold: TWOFOLD_\w+ is missing/ : /TWOFOLD_\w+ must be set/;
        expect(printed).to.match(missing);
        expect(status).to.equal(service === 'injector' ? 15 : 78);
        if (service !== 'console') return;
        const opened = run(['/nodejs/bin/node', '-e', opensSqlite]);
        expect([opened.status, opened.printed]).to.deep.equal([0, '8192 65532\n']);
      });
    }
  });
}
