import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundleNames, repository, type BundleName } from '../build.ts';
import { runtimeEnv, runtimeFlags } from '../dev/services.ts';
import { containerfiles, imageAddon } from './services.ts';

function instructions(service: BundleName): readonly (readonly [string, string])[] {
  return readFileSync(join(repository, containerfiles[service]), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

describe('a Containerfile', () => {
  for (const service of bundleNames) {
    const all = instructions(service);
    const of = (name: string): readonly string[] =>
      all.flatMap(([word, rest]) => (word === name ? [rest] : []));

    it(`(${service}) adds one bundle to whatever base is given, read-only, for a numeric user`, () => {
      expect(all[0], 'without a default').to.deep.equal(['ARG', 'BASE']);
      expect(of('FROM')).to.deep.equal(['${BASE}']);
      expect(of('USER')).to.deep.equal(['65532:65532']);
      const addon = `--chmod=0444 ${imageAddon.replace('dist/', '')} /app/better_sqlite3.node`;
      expect(of('COPY')).to.deep.equal([
        `--chmod=0444 ${service}.js /app/${service}.mjs`,
        // The operator's program belongs to the console's zone, and is in its image.
        ...(service === 'console' ? ['--chmod=0444 admin.js /app/admin.mjs', addon] : []),
      ]);
      const words = new Set(all.map(([word]) => word));
      const hasEnv = service === 'console' || service === 'webhook';
      const known = ['ARG', 'FROM', 'COPY', 'USER', 'ENTRYPOINT', ...(hasEnv ? ['ENV'] : [])];
      expect([...words], 'a base without a shell can RUN nothing').to.have.members(known);
    });

    it(`(${service}) starts Node with the flags and variables that were measured`, () => {
      const flags = service === 'injector' ? ['--max-semi-space-size=1'] : runtimeFlags;
      const [entrypoint = ''] = of('ENTRYPOINT');
      expect(JSON.parse(entrypoint)).to.deep.equal(['/nodejs/bin/node', ...flags, `/app/${service}.mjs`]);
      const env = service === 'injector' ? {} : (runtimeEnv[service] ?? {});
      for (const [name, value] of Object.entries(env)) expect(of('ENV')).to.include(`${name}=${value}`);
    });
  }
});
