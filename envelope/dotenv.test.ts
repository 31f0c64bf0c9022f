import { expect } from 'chai';
import { growthOf, MOST_RATIO } from '../test/growth/harness.ts';
import { fc } from '../test/properties.ts';
import { parseDotenv } from './dotenv.ts';

function values(text: string): Record<string, string> {
  return Object.fromEntries(parseDotenv(text).entries.map(({ name, value }) => [name, value]));
}

describe('dotenv files', () => {
  it('give names and values, with comments, export, quotes and several lines', () => {
    const text = [
      '\uFEFF# comment',
      '',
      'PLAIN=hunter2',
      'export EXPORTED = spaced out   # comment',
      'HASH=a#b',
      "SINGLE='as $it \\n stands' # comment",
      'DOUBLE="two\\nlines, a \\"quote\\", a \\\\ and \\$HOME"',
      'BACKTICK=`it\'s "both"`',
      "KEY='-----BEGIN-----",
      'abc=',
      "-----END-----'",
      'EMPTY=',
      'dotted.name-1=x',
    ].join('\r\n');
    expect(parseDotenv(text).problems).to.deep.equal([]);
    expect(values(text)).to.deep.equal({
      PLAIN: 'hunter2',
      EXPORTED: 'spaced out',
      HASH: 'a#b',
      SINGLE: 'as $it \\n stands',
      DOUBLE: 'two\nlines, a "quote", a \\ and $HOME',
      BACKTICK: 'it\'s "both"',
      KEY: '-----BEGIN-----\nabc=\n-----END-----',
      EMPTY: '',
      'dotted.name-1': 'x',
    });
  });

  it('name the line of anything that cannot be read, and never show a value', () => {
    const text = 'A=1\nnot an assignment\nB/C=hunter2\nA=2\nD="x" hunter2\nE="hunter2\nF=6';
    const { entries, problems } = parseDotenv(text);
    expect(problems.map(({ line, problem }) => [line, problem.split(/[;]/)[0]])).to.deep.equal([
      [2, 'it is not NAME=value'],
      [3, '"B/C" cannot be a secret’s name'],
      [4, 'A is on line 1 already'],
      [5, 'there is text after the closing "'],
      [6, 'the quote " is not closed'],
    ]);
    expect(entries.map(({ name, line }) => [name, line])).to.deep.equal([
      ['A', 1],
      ['F', 7],
    ]);
    expect(JSON.stringify(problems)).not.to.contain('hunter2');
  });

  it('never expand anything', () => {
    expect(values('A=$HOME\nB="${A}"\nC=`id`')).to.deep.equal({ A: '$HOME', B: '${A}', C: 'id' });
  });

  it('take time linear in their length, however often a comment could begin', async () => {
    const build = (n: number): string => `A=x${' #'.repeat(n)}\rz`;
    expect((await growthOf(build, parseDotenv)).ratio).to.be.below(MOST_RATIO);
  });

  it('end an unquoted value at the first “#” after a blank, and at no other', () => {
    const piece = fc.constantFrom('a', '#', ' ', '\t', ' #', '=', '"', 'é');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const value = `x${pieces.join('')}`;
        expect(values(`A=${value}\nB=`)['A']).to.equal(value.replace(/[ \t]#.*$/, '').trim());
      }),
    );
  });

  it('are not read further after a thousand lines that cannot be read', () => {
    const { entries, problems } = parseDotenv(`${'x\n'.repeat(100_000)}A=1`);
    expect([entries, problems.length]).to.deep.equal([[], 1001]);
    expect(problems.at(-1)).to.deep.include({ line: 1001 });
  });
});
