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
