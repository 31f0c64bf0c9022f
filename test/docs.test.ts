import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotations } from '#envelope/annotations.ts';
import { parseLaunchers } from '#platform/launchers.ts';
import { clientTypes, schemaFile } from '../scripts/generate/client.ts';
import { withCliReference } from '../scripts/generate/cli-docs.ts';
import { configurationReference } from '../scripts/generate/docs.ts';

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

  it('has every annotation in the README', () => {
    for (const name of Object.values(annotations)) expect(read('README.md')).to.contain(`\`${name}\``);
  });
});

describe('docs/tested.md', () => {
  it('has a row for each target that writes into it, and no other', () => {
    const writing = [...read('Makefile').matchAll(/scripts\/tried ([a-z-]+) /g)].map(([, name]) => name);
    const rows = [...read('docs/tested.md').matchAll(/^\| `make ([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(writing).to.have.length.above(2);
    expect(rows.sort()).to.deep.equal(writing.sort());
  });

  it('names as tested with every change what .ci/run runs', () => {
    const run = [...read('.ci/run').matchAll(/^make ([a-z0-9-]+)$/gm)].map(([line]) => `\`${line}\``);
    expect(read('docs/tested.md')).to.contain(`by \`.ci/run\` in a fresh clone: ${run.join(', ')}.`);
  });
});

describe('the typed client', () => {
  it('is the one of the OpenAPI document (make client)', async () => {
    expect(readFileSync(schemaFile, 'utf8') === (await clientTypes()), 'run `make client`').to.equal(true);
  });
});
