import { expect } from 'chai';
import { fc } from '../test/properties.ts';
import { createLog } from './log.ts';
import { problemBody } from './problem.ts';
import { boundedText, shown, shownLines } from './shown.ts';

const samples: readonly (readonly [string, string, string])[] = [
  ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['a C1 control sequence', 'a\u009b2Jb', 'a\\u009b2Jb'],
  ['a return over the line', 'good\rbad', 'good\\u000dbad'],
  ['a new line', 'a\nb', 'a\\u000ab'],
  ['DEL and NUL', '\u007f\u0000', '\\u007f\\u0000'],
  ['line and paragraph separators', '\u2028\u2029', '\\u2028\\u2029'],
  ['bidi overrides', 'user\u202etxt.exe\u202c', 'user\\u202etxt.exe\\u202c'],
  [
    'bidi isolates and marks',
    '\u2066\u2067\u2068\u2069\u200e\u200f',
    '\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f',
  ],
  ['zero-width characters', 'a\u200bb\ufeff\u00ad', 'a\\u200bb\\ufeff\\u00ad'],
  ['tags beyond the first plane', '\u{e0041}', '\\udb40\\udc41'],
  ['half a character', 'a\ud800', 'a\\ud800'],
];

describe('text from outside', () => {
  for (const [what, text, expected] of samples)
    it(`shows ${what}`, () => expect(shown(text)).to.equal(expected));

  it('is never cut within a character', () => {
    for (const text of ['🔑'.repeat(20), `a${'🔑'.repeat(20)}`, '\u0000🔑🔑🔑🔑', 'a\udc00🔑🔑🔑🔑'])
      for (const length of [7, 8, 9, 10]) expect(boundedText(text, length)).to.not.match(/\p{Cs}/u);
  });

  it('stays as it is where there is nothing to hide', () => {
    for (const text of ['', 'jupyter-ada', 'größer 鍵 🔑 é', 'C:\\temp "x" <b>', 'עברית العربية'])
      expect([shown(text), shownLines(text)]).to.deep.equal([text, text]);
  });

  it('keeps the meaning of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = shownLines(JSON.stringify({ text }));
        expect(JSON.parse(json)).to.deep.equal({ text });
        expect(json).to.not.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('is shown this way in logs and in problem documents', () => {
    const lines: string[] = [];
    const log = createLog({ service: 'test', level: 'info', write: (line) => lines.push(line) });
    for (const [, text, expected] of samples) {
      log.info('refused', { pod: text });
      expect(lines.at(-1)).to.match(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*\n$/u);
      expect((JSON.parse(lines.at(-1) ?? '') as { pod: string }).pod).to.equal(expected);
      expect(problemBody({ status: 403, title: 't' }, { code: 'c', detail: text })).to.include({
        detail: expected,
      });
    }
  });
});

describe('bounded text', () => {
  it('leaves readable text as it is', () => {
    for (const text of ['', 'db-password', 'Zoë “quoted” 秘密 🔑', 'a\\b"c'])
      expect(boundedText(text, 64)).to.equal(text);
  });

  it('is cut, and marked as such', () => {
    expect(boundedText('x'.repeat(65), 64)).to.equal(`${'x'.repeat(64)}…`);
    expect(boundedText('x'.repeat(64), 64)).to.have.length(64);
  });

  it('shows what would move a cursor, end a line or turn the direction, and half of a pair', () => {
    expect(boundedText('\u001b[2Ja\r\nb\u0085', 64)).to.equal('\\u001b[2Ja\\u000d\\u000ab\\u0085');
    expect(boundedText('a\u202eb\u2028c\u200f', 64)).to.equal('a\\u202eb\\u2028c\\u200f');
    expect(boundedText(`${'x'.repeat(9)}🔑`, 10)).to.equal('xxxxxxxxx…');
    expect(boundedText('\ud83d', 10)).to.equal('\\ud83d');
  });

  it('is never longer than its limit, whatever is escaped', () => {
    expect(boundedText('\u0000'.repeat(100_000), 100)).to.have.length(101);
  });
});
