import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotationRows } from '#envelope/annotation-values.ts';
import { parseLaunchers } from '#platform/launchers.ts';
import { withCliReference } from '../scripts/cli-docs.ts';
import { configurationReference, withAnnotations } from '../scripts/docs.ts';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
  .map(({ name }) => name);
const pages = ['', 'docs/adr', ...folders].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

describe('the documentation', () => {
  it('links to files that are there', () => {
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g))
        expect(existsSync(join(root, dirname(page), target)), `${page}: ${target}`).to.equal(true);
    }
  });

  it('names targets that make has', () => {
    const targets = new Set(Array.from(read('Makefile').matchAll(/^([a-z0-9-]+):/gm), ([, name]) => name));
    for (const page of pages) {
      for (const [, target] of read(page).matchAll(/(?:`| {4})make ([a-z0-9-]+)/g))
        expect(targets, page).to.include(target);
    }
  });

  it('has the settings that the services parse (make docs)', () => {
    expect(read('docs/configuration.md')).to.equal(configurationReference());
  });

  it('has the commands, options and exit codes of the command line (make docs)', () => {
    expect(read('docs/cli.md')).to.equal(withCliReference(read('docs/cli.md')));
  });

  it('shows launchers files that console and webhook take', () => {
    const shown = ['docs/launchers.md', 'docs/jupyterhub.md'].flatMap((page) =>
      Array.from(read(page).matchAll(/^ *\{\s*"launchers": [^]*?\}\s*\]\s*\}$/gm), ([text]) => text),
    );
    expect(shown).to.have.length(2);
    for (const text of shown) expect(parseLaunchers(text)).to.have.length(1);
  });

  it('has every annotation in the README, as the table says it (make docs)', () => {
    for (const { key } of annotationRows) expect(read('README.md')).to.contain(`\`${key}\``);
    expect(read('README.md')).to.equal(withAnnotations(read('README.md')));
  });
});
