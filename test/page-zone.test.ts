import { expect } from 'chai';
import { build as esbuild } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { bundlePage, pageOptions } from '../scripts/build.ts';
import { violations } from './zones.ts';

describe('the script of the page', () => {
  it('contains what its zone may contain: it seals, and opens nothing', async () => {
    const { metafile, script } = await bundlePage();
    expect(violations('page', metafile)).to.deep.equal([]);
    expect(script).to.not.match(/AES-(CBC|GCM)[^;]{0,80}decrypt|\.decrypt\(/);
  });

  for (const stolen of [
    'envelope/inner/open.ts',
    'envelope/outer/open.ts',
    'envelope/user-key.ts',
    'console/web/frame.ts',
  ]) {
    it(`is checked: ${stolen} added is detected`, async () => {
      const contents = `import './page/main.ts'; import './${stolen}';`;
      const stdin = {
        contents,
        resolveDir: pageOptions.absWorkingDir ?? '',
        sourcefile: 'page/zone-test.ts',
      };
      // Packages and Node's modules stay external: only names count here.
      const { metafile } = await esbuild({
        ...pageOptions,
        stdin,
        packages: 'external',
        external: ['node:*'],
      });
      expect(violations('page', metafile).join()).to.contain(stolen);
    });
  }

  it('has no way to turn text into markup', () => {
    const folder = new URL('../page/', import.meta.url);
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    expect(sources).to.include('main.ts');
    for (const name of sources) {
      const source = readFileSync(new URL(name, folder), 'utf8');
      expect(source, name).to.not.match(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b/,
      );
    }
  });
});

describe('the page’s texts', () => {
  /** Words between tags, or in an attribute that people read. */
  const words = />\s*[A-Za-z]{2,}[^<>$`{}=;()]*<\/|\b(aria-label|placeholder|alt)="[A-Za-z]/;

  it('are in separate files: no other has words in its markup', () => {
    for (const folder of ['console/web', 'console/web/shared', 'page']) {
      const at = new URL(`../${folder}/`, import.meta.url);
      for (const name of readdirSync(at).filter(
        (file) => /^[a-z-]+\.ts$/.test(file) && !/(^|-)text\.ts$/.test(file),
      )) {
        expect(readFileSync(new URL(name, at), 'utf8'), `${folder}/${name}`).not.to.match(words);
      }
    }
    expect('html`<p>Log in</p>`').to.match(words);
    expect('html`<input placeholder="Name" />`').to.match(words);
  });
});
