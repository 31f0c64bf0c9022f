import { expect } from 'chai';
import { readFileSync } from 'node:fs';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

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
