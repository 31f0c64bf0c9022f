import { expect } from 'chai';
import type { Metafile } from 'esbuild';
import {
  baseComponent,
  billOf,
  bundledPackages,
  nodeComponent,
  sqliteComponent,
  systemComponent,
  type Component,
  type ImageBill,
  type Lock,
  type Sbom,
} from './sbom.ts';

function metafile(...files: readonly string[]): Metafile {
  return {
    inputs: Object.fromEntries(files.map((file) => [file, { bytes: 1, imports: [] }])),
    outputs: {},
  };
}

const lock: Lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.5.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/@s/c': { version: '3.0.0' },
    'node_modules/unused': { version: '4.0.0' },
  },
};

function npmComponent(ref: string): Component {
  const [name, version] = [ref.slice(0, ref.lastIndexOf('@')), ref.slice(ref.lastIndexOf('@') + 1)];
  const externalReferences = [{ type: 'distribution', url: `https://packages.example/${name}` }];
  return { 'bom-ref': ref, type: 'library', name, version, purl: `pkg:npm/${ref}`, externalReferences };
}

const installed: Sbom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: npmComponent('main@0.1.0'), timestamp: '2026-11-21T10:00:00.000Z' },
  components: ['unused@4.0.0', 'b@2.0.0', 'b@1.5.0', 'a@1.0.0', '@s/c@3.0.0'].map(npmComponent),
  dependencies: [
    { ref: 'main@0.1.0', dependsOn: ['a@1.0.0', 'unused@4.0.0'] },
    { ref: 'a@1.0.0', dependsOn: ['b@2.0.0', 'unused@4.0.0'] },
    { ref: 'b@2.0.0' },
  ],
};

const image: ImageBill = {
  name: 'twofold-console',
  version: '0.1.0',
  metafile: metafile('console/main.ts', 'node_modules/a/x.js', 'node_modules/a/node_modules/b/lib/y.js'),
  lock,
  installed,
  below: [systemComponent({ name: 'libstdc++6', version: '12.2.0-14+deb12u1', architecture: 'amd64' })],
};

describe('the packages of a bundle', () => {
  it('are those with a file in it, each once, a nested one in its own version', () => {
    const files = ['node_modules/a/node_modules/b/y.js', 'node_modules/@s/c/lib/z.js', 'node_modules/a/x.js'];
    expect(bundledPackages(metafile('a.ts', ...files, 'node_modules/a/w.js'), lock)).to.deep.equal([
      '@s/c@3.0.0',
      'a@1.0.0',
      'b@2.0.0',
    ]);
  });

  it('are all in the lock file, or there is no bill', () => {
    expect(() => bundledPackages(metafile('node_modules/stranger/x.js'), lock)).to.throw('stranger');
  });
});

describe('the bill of materials', () => {
  const bill = billOf(image);

  it('lists what is in the bundle and below it, and nothing else that is installed', () => {
    const debian = 'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64';
    const listed = bill.components.map((component) => component['bom-ref']);
    expect(listed).to.deep.equal(['a@1.0.0', 'b@2.0.0', debian]);
    expect(bill.dependencies).to.deep.equal([
      { ref: 'twofold-console@0.1.0', dependsOn: listed },
      { ref: 'a@1.0.0', dependsOn: ['b@2.0.0'] },
      { ref: 'b@2.0.0', dependsOn: [] },
    ]);
  });

  it('contains no registry, no time and nothing random', () => {
    expect(JSON.stringify(bill)).to.not.match(/packages\.example|2026|uuid/);
    expect(billOf(image)).to.deep.equal(bill);
  });

  it('is refused where npm’s listing lacks a package', () => {
    const without = { ...installed, components: installed.components.slice(0, 1) };
    expect(() => billOf({ ...image, installed: without })).to.throw('does not list a@1.0.0, b@2.0.0');
  });

  it('lists Node with what is compiled into it', () => {
    const node = nodeComponent({ node: '24.1.0', openssl: '3.5.8', modules: '137', ngtcp2: '' });
    expect([node.name, node.version, node.purl]).to.deep.equal(['node', '24.1.0', 'pkg:generic/node@24.1.0']);
    expect(node['components']).to.deep.equal([
      {
        'bom-ref': 'node:openssl@3.5.8',
        type: 'library',
        name: 'openssl',
        version: '3.5.8',
        purl: 'pkg:generic/openssl@3.5.8',
      },
    ]);
  });

  it('lists the SQLite that its header names', () => {
    expect(sqliteComponent('…\n#define SQLITE_VERSION        "3.53.2"\n…').version).to.equal('3.53.2');
    expect(() => sqliteComponent('')).to.throw('sqlite3.h');
  });

  it('names a base that the user chose without its registry', () => {
    expect(baseComponent('registry.example:5000/distroless/nodejs24-debian12:nonroot').name).to.equal(
      'nodejs24-debian12:nonroot',
    );
  });
});
