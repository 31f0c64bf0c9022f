import { expect } from 'chai';
import { build as esbuild, type Metafile } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allBundleNames,
  build,
  bundleOptions,
  entries,
  repository,
  type AnyBundleName,
} from '../scripts/build.ts';
import { violations, zones } from './zones.ts';

const metafileOf = async (name: AnyBundleName, stolen?: string): Promise<Metafile> => {
  const { entryPoints: _none, ...options } = { entryPoints: [], ...bundleOptions(name) };
  const contents = [
    `import './${entries[name]}';`,
    ...(stolen === undefined ? [] : [`import '${stolen}';`]),
  ].join('\n');
  const { metafile } = await esbuild({
    ...options,
    stdin: { contents, resolveDir: repository, sourcefile: `${entries[name]}.zone-test.ts`, loader: 'ts' },
  });
  return metafile;
};

describe('the zones', () => {
  for (const name of allBundleNames) {
    it(`${name} holds what its zone may hold, and nothing more`, async () => {
      expect(violations(name, await metafileOf(name))).to.deep.equal([]);
    });
  }

  it('alone: only the injector opens the inner layer, only the keyservice the outer one', async () => {
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

  const forbidden: readonly [AnyBundleName, string][] = [
    ['console', './envelope/inner/open.ts'],
    ['console', './envelope/outer/open.ts'],
    ['console', './envelope/node-private.ts'],
    ['console', './webhook/plan.ts'],
    ['admin', './envelope/inner/open.ts'],
    ['admin', './envelope/outer/open.ts'],
    ['webhook', './envelope/derive.ts'],
    ['webhook', './envelope/node-cipher.ts'],
    ['webhook', './keyservice/refusals.ts'],
    ['webhook', 'express'],
    ['keyservice', './envelope/inner/open.ts'],
    ['keyservice', './envelope/derive.ts'],
    ['keyservice', './platform/https-client.ts'],
    ['keyservice', './platform/kubernetes.ts'],
    ['injector', './envelope/outer/open.ts'],
    ['injector', './platform/https-server.ts'],
    ['injector', 'pino'],
    ['injector', './certs/pem.ts'],
    ['twofold', './envelope/inner/open.ts'],
    ['twofold', './envelope/outer/open.ts'],
    ['twofold', './console/refusals.ts'],
    ['twofold', 'pino'],
  ];
  for (const [name, stolen] of forbidden) {
    it(`are watched: ${name} with ${stolen} beside is found out`, async () => {
      const found = violations(name, await metafileOf(name, stolen));
      expect(found.join()).to.contain(stolen.replace('./', ''));
    });
  }

  it('have a rule for every bundle', () => {
    expect(Object.keys(zones).sort()).to.deep.equal([...allBundleNames].sort());
  });

  it('have the packages that the table in docs/architecture.md gives them', () => {
    const page = readFileSync(join(repository, 'docs/architecture.md'), 'utf8');
    const table = page.slice(page.indexOf('## What a folder may import'));
    for (const name of allBundleNames) {
      const { packages } = zones[name];
      const folder = entries[name].split('/')[0] ?? '';
      const row = new RegExp(`^\\| \`${folder}/\` \\|.*\\| ([^|]*) \\|$`, 'm').exec(table)?.[1];
      const own = packages.filter((each) => !['pino', 'prom-client'].includes(each));
      const written = own.length > 0 ? own.join(', ') : name === 'injector' ? 'none' : "platform's";
      expect(row?.split(', ').sort(), folder).to.deep.equal(written.split(', ').sort());
    }
  });

  describe('as they are built', () => {
    const bundles = new Map<AnyBundleName, string>();
    const holding = (text: RegExp): readonly AnyBundleName[] =>
      allBundleNames.filter((name) => text.test(bundles.get(name) ?? ''));

    before(async () => {
      for (const { name, file } of await build()) bundles.set(name, readFileSync(file, 'utf8'));
    });

    it('derive inner keys in the console alone', () => {
      expect(holding(/twofold\/inner\/v1/)).to.deep.equal(['console']);
    });

    it('decrypt with RSA in the keyservice alone, and encrypt with it where envelopes are sealed', () => {
      expect(holding(/\bprivateDecrypt\(/)).to.deep.equal(['keyservice']);
      expect(holding(/\bpublicEncrypt\(/)).to.deep.equal(['console', 'keyservice', 'admin', 'twofold']);
    });
  });
});
