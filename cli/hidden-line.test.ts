import { expect } from 'chai';
import fc from 'fast-check';
import { createHiddenLine, type LineState } from './hidden-line.ts';

/** The state after each of these chunks, and what was entered. */
function typed(...chunks: readonly (string | Uint8Array)[]): [LineState, string] {
  const line = createHiddenLine();
  let state: LineState = 'more';
  for (const chunk of chunks) state = line.feed(Buffer.from(chunk));
  return [state, line.take().toString()];
}

describe('a line typed without echo', () => {
  it('is what was typed, however the terminal cuts it up', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~äß€😀]{0,40}$/u), fc.integer({ min: 1, max: 7 }), (text, size) => {
        const bytes = Buffer.from(`${text}\r`);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        expect(typed(...chunks)).to.deep.equal(['entered', text]);
      }),
    );
  });

  it('loses a whole character to Backspace and all of it to Ctrl-U', () => {
    expect(typed('a€\x7f\r')).to.deep.equal(['entered', 'a']);
    expect(typed('\x7f\x08a\r')).to.deep.equal(['entered', 'a']);
    expect(typed('wrong\x15right\r')).to.deep.equal(['entered', 'right']);
  });

  it('loses a word to Ctrl-W and Alt-Backspace, with the blanks after it', () => {
    for (const key of ['\x17', '\x1b\x7f']) {
      expect(typed(`one two€ ${key}2\r`)).to.deep.equal(['entered', 'one 2']);
      expect(typed(`one${key}${key}two\r`)).to.deep.equal(['entered', 'two']);
    }
  });

  it('stores no control character that was typed: Ctrl-Z, Tab and the like do nothing', () => {
    const others = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code))
      .filter((key) => !'\x03\x04\b\n\r\x15\x17\x1b'.includes(key))
      .join('');
    expect(others).to.contain('\x1a').and.contain('\t');
    expect(typed(`a${others}b\r`)).to.deep.equal(['entered', 'ab']);
    expect(typed('a', ...others, 'b', '\r')).to.deep.equal(['entered', 'ab']);
  });

  it('loses nothing to the Escape key, and hears other keys within a sequence', () => {
    expect(typed('a', '\x1b', 'b', '\x1b', '\x1b', 'c', '\x1b', '\r')).to.deep.equal(['entered', 'abc']);
    expect(typed('a', '\x1b', '\x7f', 'b\r')).to.deep.equal(['entered', 'b']);
    for (const begun of ['\x1b', '\x1b[', '\x1b[1;', '\x1bO']) {
      expect(typed(`a${begun}\x03`)[0], JSON.stringify(begun)).to.equal('interrupted');
      expect(typed('a', begun, '\r'), JSON.stringify(begun)).to.deep.equal(['entered', 'a']);
    }
  });

  it('keeps a bracketed paste as it is, control characters and all', () => {
    const pasted = 'a\tb\x03\x15\x17\x1a\x7f\x1b[31mc\x1b\x1b[201d\x1b[200~e';
    const keys = `x\x1b[200~${pasted}\x1b[201~y\r`;
    for (const chunks of [[keys], [...keys]]) {
      expect(typed(...chunks)).to.deep.equal(['entered', `x${pasted}y`]);
    }
  });

  it('ignores arrow keys, function keys and other sequences', () => {
    expect(typed('a\x1b[D\x1b[1;5Cb\x1bOPc\r')).to.deep.equal(['entered', 'abc']);
    expect(typed('a\x1b', '[', 'D', 'b\r')).to.deep.equal(['entered', 'ab']);
  });

  it('may have several lines where the terminal brackets the paste, wherever it cuts that', () => {
    const paste = '\x1b[200~one\r\ntwo\rthree\x1b[201~\r';
    expect(typed(paste)).to.deep.equal(['entered', 'one\ntwo\nthree']);
    expect(typed(...paste)).to.deep.equal(['entered', 'one\ntwo\nthree']);
  });

  it('is refused with several lines otherwise, and cancelled with Ctrl-C', () => {
    expect(typed('one\rtwo\r')[0]).to.equal('several_lines');
    expect(typed('abc\x03')[0]).to.equal('interrupted');
    expect(typed('\x04')[0]).to.equal('interrupted');
    expect(typed('a\x04')).to.deep.equal(['entered', 'a']);
  });

  it('leaves nothing behind when it is wiped', () => {
    const line = createHiddenLine();
    line.feed(Buffer.from('hunter2'));
    line.wipe();
    expect(line.take().length).to.equal(0);
  });
});
