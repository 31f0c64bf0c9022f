import { expect } from 'chai';
import { build as esbuild, type Metafile } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allBundleNames,
  build,
  bundleOptions,
  entries,
  repository,
  type AnyBundleName,
} from '../scripts/build.ts';
import { importViolations, violations, zoneNames, zoneOf, zones, type Zone } from './zones.ts';

/** Of the bundle as it would be built with these added. */
async function metafileWith(name: AnyBundleName, stolen: readonly string[]): Promise<Metafile> {
  const { entryPoints: _none, ...options } = { entryPoints: [], ...bundleOptions(name) };
  const contents = [`./${entries[name]}`, ...stolen].map((file) => `import '${file}';`).join('\n');
  const { metafile } = await esbuild({
    ...options,
    stdin: { contents, resolveDir: repository, sourcefile: `${entries[name]}.zone-test.ts`, loader: 'ts' },
  });
  return metafile;
}

describe('the zones', () => {
  const made = new Map<AnyBundleName, Promise<Metafile>>();
  const metafileOf = (name: AnyBundleName): Promise<Metafile> => {
    const metafile = made.get(name) ?? metafileWith(name, []);
    made.set(name, metafile);
    return metafile;
  };

  for (const name of allBundleNames) {
    it(`${name} contains what its zone may contain, and nothing more`, async () => {
      expect(violations(zoneOf[name], await metafileOf(name))).to.deep.equal([]);
    });
  }

  it('separate the layers: only the injector opens the inner one, only the keyservice the outer one', async () => {
    const holders = async (file: string): Promise<readonly string[]> => {
      const found = await Promise.all(
        allBundleNames.map(async (name) => (file in (await metafileOf(name)).inputs ? [name] : [])),
      );
      return found.flat();
    };
    expect(await holders('envelope/inner/open.ts')).to.deep.equal(['injector']);
    expect(await holders('envelope/outer/open.ts')).to.deep.equal(['keyservice']);
    expect(await holders('envelope/node-private.ts')).to.deep.equal(['keyservice']);
  });

  const forbidden: Readonly<Record<AnyBundleName, readonly string[]>> = {
    console: [
      './envelope/inner/open.ts',
      './envelope/outer/open.ts',
      './envelope/node-private.ts',
      './webhook/plan.ts',
    ],
    admin: ['./envelope/inner/open.ts', './envelope/outer/open.ts'],
    webhook: ['./envelope/derive.ts', './envelope/node-cipher.ts', './keyservice/refusals.ts', 'express'],
    keyservice: [
      './envelope/inner/open.ts',
      './envelope/derive.ts',
      './platform/https-client.ts',
      './platform/kubernetes.ts',
    ],
    injector: ['./envelope/outer/open.ts', './platform/https-server.ts', 'pino', './certs/pem.ts'],
    twofold: ['./envelope/inner/open.ts', './envelope/outer/open.ts', './console/refusals.ts', 'pino'],
  };
  for (const name of allBundleNames) {
    it(`are checked: ${name} with ${forbidden[name].join(', ')} added is detected each time`, async () => {
      const found = violations(zoneOf[name], await metafileWith(name, forbidden[name]));
      const stolen = forbidden[name].map((file) => file.replace('./', ''));
      expect(found).to.include.members(stolen);
    });
  }

  it('have the packages that the table in docs/architecture.md gives them', () => {
    const page = readFileSync(join(repository, 'docs/architecture.md'), 'utf8');
    const table = page.slice(page.indexOf('## What a folder may import'));
    for (const name of allBundleNames) {
      const folder = zoneOf[name];
      const packages: readonly string[] = zones[folder].packages;
      const row = new RegExp(`^\\| \`${folder}/\` \\|.*\\| ([^|]*) \\|$`, 'm').exec(table)?.[1];
      const own = packages.filter((each) => !['pino', 'prom-client'].includes(each));
      const written = own.length > 0 ? own.join(', ') : name === 'injector' ? 'none' : "platform's";
      expect(row?.split(', ').sort(), folder).to.deep.equal(written.split(', ').sort());
    }
  });

  describe('in their sources, types included', () => {
    const sourcesOf = (zone: Zone): readonly string[] =>
      readdirSync(join(repository, zone), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.ts$/.test(file) && !/\.(test|d)\.ts$|^testing\//.test(file))
        .map((file) => `${zone}/${file}`);

    for (const zone of zoneNames) {
      it(`${zone}/ imports what its zone may contain, and nothing more`, () => {
        const sources = sourcesOf(zone);
        expect(sources).to.have.length.above(5);
        const found = sources.flatMap((file) =>
          importViolations(zone, file, readFileSync(join(repository, file), 'utf8')),
        );
        expect(found).to.deep.equal([]);
      });
    }

    const smuggled: Readonly<Record<Zone, readonly string[]>> = {
      envelope: ['#platform/log.ts', '../console/refusals.ts', 'node:fs', 'pino'],
      platform: ['#envelope/names.ts', '../webhook/plan.ts', 'express'],
      console: ['#envelope/inner/open.ts', '#envelope/node-private.ts', '../keyservice/unwrap.ts', 'yaml'],
      webhook: ['#envelope/derive.ts', '#envelope/outer/seal.ts', '../console/core/claim.ts', 'zod'],
      keyservice: ['#envelope/inner/open.ts', '#platform/kubernetes.ts', '../scripts/build.ts'],
      'injector-image': ['#envelope/outer/layout.ts/../open.ts', '#platform/https-server.ts', 'pino'],
      cli: ['#envelope/user-key.ts', '../console/public/schemas.ts', '#platform/kubernetes.ts'],
      page: ['#envelope/node-cipher.ts', '../console/web/frame.ts', 'node:crypto', '#platform/log.ts'],
    };
    for (const zone of zoneNames) {
      it(`are checked: each import that does not belong in ${zone}/ is detected, in every form`, () => {
        for (const target of smuggled[zone]) {
          for (const form of [
            `import type { A } from '${target}';`,
            `import { type A, b } from '${target}';`,
            `export type { A } from '${target}';`,
            `export * from '${target}';`,
            `import '${target}';`,
            `const a = await import('${target}');`,
            `let a: import('${target}').A;`,
          ]) {
            expect(importViolations(zone, `${zone}/stub.ts`, form), form).to.deep.equal([
              `${zone}/stub.ts: ${target}`,
            ]);
          }
        }
      });
    }

    it('a core imports no Node modules', () => {
      const source = "import type { Server } from 'node:http';";
      expect(importViolations('console', 'console/core/stub.ts', source)).to.have.length(1);
      expect(importViolations('console', 'console/http/stub.ts', source)).to.deep.equal([]);
    });
  });

  describe('as they are built', () => {
    const bundles = new Map<AnyBundleName, string>();
    const holding = (text: RegExp): readonly AnyBundleName[] =>
      allBundleNames.filter((name) => text.test(bundles.get(name) ?? ''));

    before(async () => {
      for (const { name, file } of await build()) bundles.set(name, readFileSync(file, 'utf8'));
    });

    it('derive inner keys only in the console', () => {
      expect(holding(/twofold\/inner\/v1/)).to.deep.equal(['console']);
    });

    it('decrypt with RSA only in the keyservice, and encrypt with it where envelopes are sealed', () => {
      expect(holding(/\bprivateDecrypt\(/)).to.deep.equal(['keyservice']);
      expect(holding(/\bpublicEncrypt\(/)).to.deep.equal(['console', 'keyservice', 'admin', 'twofold']);
    });
  });
});
