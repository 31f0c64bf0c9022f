import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { growthOf, MOST_RATIO } from '../test/growth/harness.ts';
import { fc } from '../test/properties.ts';
import { parseDotenv } from './dotenv.ts';
import { decodeImport, planImport } from './import-plan.ts';

function values(text: string): Record<string, string> {
  return Object.fromEntries(parseDotenv(text).entries.map(({ name, value }) => [name, value]));
}

function problems(text: string): readonly (readonly [line: number, code: string])[] {
  return parseDotenv(text).problems.map(({ line, code }) => [line, code]);
}

type Values = Readonly<Record<string, string | null>>;

interface Vector {
  readonly name: string;
  readonly text?: string;
  readonly base64?: string;
  /** What npm dotenv, python-dotenv (without interpolation) and Node's own parser make of it; null where one fails. */
  readonly peers: { readonly dotenv: Values; readonly 'python-dotenv': Values | null; readonly node: Values };
  readonly twofold: {
    readonly values?: Values;
    readonly notes?: Readonly<Record<string, readonly string[]>>;
    /** Notes on the whole file. */
    readonly file?: readonly string[];
    readonly refused?: readonly (readonly [line: number | null, code: string])[];
  };
}

// The test below checks the shape.
const vectors = JSON.parse(
  readFileSync(new URL('../test/vectors/dotenv.json', import.meta.url), 'utf8'),
) as readonly Vector[];

/** What an import makes of a vector, in the vector's own form. */
function outcomeOf({ text, base64 }: Vector): Vector['twofold'] {
  const decoded = decodeImport(text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text));
  if (!decoded.ok) return { refused: [[decoded.refused.line ?? null, decoded.refused.code]] };
  const { entries } = parseDotenv(decoded.text);
  const plan = planImport(decoded.text, { versions: new Map() });
  const noted = entries.filter(({ notes }) => notes.length > 0);
  const file = [...decoded.notes, ...plan.notes];
  return {
    values: values(decoded.text),
    ...(noted.length > 0
      ? { notes: Object.fromEntries(noted.map(({ name, notes }) => [name, notes.map(({ code }) => code)])) }
      : {}),
    ...(file.length > 0 ? { file } : {}),
    ...(plan.refused.length > 0
      ? { refused: plan.refused.map(({ line, code }) => [line ?? null, code] as const) }
      : {}),
  };
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
      'DOUBLE="two\\nlines, a \\"quote\\", a \\\\ and $HOME"',
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

  for (const vector of vectors) {
    it(`are read as test/vectors/dotenv.json has it: ${vector.name}`, () => {
      expect(outcomeOf(vector)).to.deep.equal(vector.twofold);
    });
  }

  it('mean what npm dotenv, python-dotenv and Node agree on; elsewhere a note or a refusal says so', () => {
    expect(vectors).to.have.length(65);
    for (const { name, peers, twofold } of vectors) {
      const all = [peers.dotenv, peers['python-dotenv'], peers.node];
      const names = new Set([...all, twofold.values].flatMap((values) => Object.keys(values ?? {})));
      for (const variable of names) {
        const [first, ...others] = all.map((values) => values?.[variable]);
        const agreed = typeof first === 'string' && others.every((other) => other === first);
        const told = twofold.refused ?? twofold.notes?.[variable] ?? twofold.file;
        const same = agreed && twofold.values?.[variable] === first;
        expect(same || (!agreed && told) || twofold.refused, `${name}: ${variable}`).to.be.ok;
      }
    }
  });

  it('name the line of anything that cannot be read, and never show a value', () => {
    const text = 'A=1\nnot an assignment\nB/C=hunter2\nA=2\nD="x" hunter2\nE="hunter2\nF: hunter2\nG=6';
    const { entries, problems: found } = parseDotenv(text);
    expect(found).to.deep.equal([
      { line: 2, code: 'not_assignment', length: 17 },
      { line: 3, code: 'name_malformed', length: 3 },
      { line: 5, code: 'text_after_quote', length: 11 },
      { line: 6, code: 'quote_open', length: 8 },
      { line: 7, code: 'colon', length: 10 },
    ]);
    expect(entries.map(({ name, line }) => [name, line])).to.deep.equal([
      ['A', 4],
      ['G', 8],
    ]);
  });

  it('refuse a key without quotes in one problem, and take none of its lines for a name', () => {
    const body = ['MIIEpAIBAAKCAQEA', 'abcd==', 'AAAA=', ''].join('\n');
    for (const begin of ['-----BEGIN RSA PRIVATE KEY-----', '---- BEGIN SSH2 PUBLIC KEY ----']) {
      const end = begin.replace('BEGIN', 'END');
      for (const first of [`KEY=${begin}`, begin, `KEY="${begin}`, `export KEY = ${begin}`]) {
        expect(values(`A=1\n${first}\n${body}${end}\nB=2`), first).to.deep.equal({ A: '1', B: '2' });
        expect(problems(`A=1\n${first}\n${body}${end}\nB=2`), first).to.have.length(1);
        expect(values(`${first}\n${body}`), first).to.deep.equal({});
      }
    }
    expect(problems('KEY=-----BEGIN X-----\nAAAA\n-----END X-----')).to.deep.equal([[1, 'several_lines']]);
    const wrapped = 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5';
    for (const end of ['QUJDRA==', 'QUJDREVGR0g=', 'ejA='])
      expect(problems(`CERT=${wrapped}\n${end}`), end).to.deep.equal([[2, 'several_lines']]);
    expect(problems(`TOKEN=${wrapped}\nDEBUG=\nA=x\nABC=`)).to.deep.equal([]);
  });

  it('never expand anything', () => {
    expect(values('A=$HOME\nB="${A}"\nC=`id`')).to.deep.equal({ A: '$HOME', B: '${A}', C: 'id' });
  });

  it('mean the same with every kind of line end', () => {
    const line = fc.constantFrom('A=1', "B='x", "y'", 'C=z # c', '', '# d', 'no', 'A=2');
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const [lf, crlf, cr] = ['\n', '\r\n', '\r'].map((end) => lines.join(end));
        for (const other of [crlf, cr]) {
          expect(values(other ?? '')).to.deep.equal(values(lf ?? ''));
          expect(problems(other ?? '')).to.deep.equal(problems(lf ?? ''));
        }
      }),
    );
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
    const { entries, problems: found } = parseDotenv(`${'x\n'.repeat(100_000)}A=1`);
    expect([entries, found.length]).to.deep.equal([[], 1001]);
    expect(found.at(-1)).to.deep.include({ line: 1001, code: 'unread' });
  });
});
