import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotationRows } from '#envelope/annotation-values.ts';
import { parseLaunchers } from '#platform/launchers.ts';
import { clientTypes, schemaFile } from '../scripts/generate/client.ts';
import { writtenPages } from '../scripts/generate/docs.ts';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const root = fileURLToPath(new URL('..', import.meta.url));
const ignored = new Set(['.git/', ...read('.gitignore').split('\n')]);

/** Every file that is, or would be, in the repository, by its path there. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !ignored.has(`${entry.name}/`) && !ignored.has(`${path}/`)
      ? filesIn(path)
      : [];
  });
}

/** Anchors as GitHub derives them from headings: lower case, no punctuation, hyphens for spaces, numbered when repeated. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of page.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const shown = heading.replaceAll(/\]\([^)]*\)/g, '').toLowerCase();
    const slug = shown.replaceAll(/[^\p{L}\p{M}\p{N} _-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

const files = filesIn('');
const pages = files.filter((file) => file.endsWith('.md'));
const anchors = new Map(pages.map((page) => [page, anchorsOf(read(page))]));

describe('the documentation', () => {
  it('links to files and headings that exist', () => {
    for (const page of pages) {
      for (const [, target = '', anchor] of read(page).matchAll(
        /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g,
      )) {
        const file = target === '' ? page : join(dirname(page), target);
        expect(existsSync(join(root, file)), `${page}: ${target}`).to.equal(true);
        if (anchor !== undefined) expect(anchors.get(file), `${page}: ${target}`).to.include(anchor);
      }
    }
  });

  it('is cited by headings that exist, in comments of code too', () => {
    for (const file of files) {
      for (const [cited, page, design, anchor = ''] of read(file).matchAll(
        /\b(?:docs\/([\w/-]+)|(design))\.md#([\w-]+)/g,
      ))
        expect(anchors.get(`docs/${page ?? design ?? ''}.md`), `${file}: ${cited}`).to.include(anchor);
    }
  });

  it('is never cited by the number of a section', () => {
    const numbered = files.filter((file) => {
      const text = read(file).replaceAll(/\n\s*[*#/]*\s*/g, ' ');
      return /\bdesign(?:['’]s)?,? \(?(?:§|sections? \d)/i.test(text);
    });
    expect(numbered).to.deep.equal([]);
  });

  it('names targets that exist in the Makefile', () => {
    const targets = new Set(Array.from(read('Makefile').matchAll(/^([a-z0-9-]+):/gm), ([, name]) => name));
    for (const page of pages) {
      for (const [, target] of read(page).matchAll(/(?:`| {4})make ([a-z0-9-]+)/g))
        expect(targets, page).to.include(target);
    }
  });

  for (const [page, written] of Object.entries(writtenPages)) {
    it(`is up to date in ${page}: settings, commands, annotations (make docs)`, () => {
      expect(read(page)).to.equal(written(read(page)));
    });
  }

  it('shows launchers files that console and webhook accept', () => {
    const shown = ['docs/launchers.md', 'docs/jupyterhub.md'].flatMap((page) =>
      Array.from(read(page).matchAll(/^ *\{\s*"launchers": [^]*?\}\s*\]\s*\}$/gm), ([text]) => text),
    );
    expect(shown).to.have.length(2);
    for (const text of shown) expect(parseLaunchers(text)).to.have.length(1);
  });

  it('has a source in every cell that compares, and the version', () => {
    const [, table = ''] = /^## Compared with others$([^]*?)^## /m.exec(read('README.md')) ?? [];
    const rows = Array.from(table.matchAll(/^\| (\*\*.*) \|$/gm), ([, row = '']) => row.split(' | '));
    expect(rows).to.have.length(7);
    for (const [name, ...cells] of rows) {
      expect(cells, name).to.have.length(3);
      for (const cell of cells) expect(cell, name).to.match(/\]\((?:https:|docs\/)/);
    }
    const { version } = JSON.parse(read('package.json')) as { version: string }; // our own
    expect(read('README.md')).to.contain(`Version ${version}, not released`);
  });

  it('has every annotation in the README', () => {
    for (const { key } of annotationRows) expect(read('README.md')).to.contain(`\`${key}\``);
  });
});

describe('docs/tested.md', () => {
  it('has a row for each target that writes into it, and no other', () => {
    const writing = [...read('Makefile').matchAll(/scripts\/tried ([a-z0-9-]+) /g)].map(([, name]) => name);
    const rows = [...read('docs/tested.md').matchAll(/^\| `make ([a-z0-9-]+)` \|/gm)].map(([, name]) => name);
    expect(writing).to.have.length.above(2);
    expect(rows.sort()).to.deep.equal(writing.sort());
  });

  it('names as tested with every change what .ci/run runs', () => {
    const run = [...read('.ci/run').matchAll(/^make ([a-z0-9-]+)$/gm)].map(([line]) => `\`${line}\``);
    expect(read('docs/tested.md')).to.contain(`by \`.ci/run\` in a fresh clone: ${run.join(', ')}.`);
  });
});

describe('the typed client', () => {
  it('matches the OpenAPI document (make client)', async () => {
    expect(readFileSync(schemaFile, 'utf8') === (await clientTypes()), 'run `make client`').to.equal(true);
  });
});
