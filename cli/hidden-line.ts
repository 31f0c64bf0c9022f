/**
 * One value from the bytes that a terminal in raw mode sends: keys, or a bracketed paste, which may have several
 * lines and is kept byte for byte, except for its line ends. Zone 0. Pure except for its buffer, which is wiped.
 *
 * | typed | does |
 * |---|---|
 * | Enter, Ctrl-D after something | ends the value |
 * | Ctrl-C, Ctrl-D before anything | cancels |
 * | Backspace, Ctrl-H | erases the last character |
 * | Ctrl-W, Alt-Backspace | erases the last word, and the blanks after it |
 * | Ctrl-U | erases everything |
 * | Escape sequences, Tab, Ctrl-Z, other control characters | nothing |
 */

/** `several_lines`: more followed the end of the line in one chunk: a paste that the terminal did not bracket. */
export type LineState = 'more' | 'entered' | 'interrupted' | 'several_lines';

interface HiddenLine {
  feed(chunk: Uint8Array): LineState;
  /** A copy of what was entered; the caller wipes it. */
  take(): Buffer;
  wipe(): void;
}

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const CTRL_U = 0x15;
const CTRL_W = 0x17;
const ESCAPE = 0x1b;
const SPACE = 0x20;
const DELETE = 0x7f;
const PASTE_BEGINS = '\x1b[200~';
const PASTE_ENDS = '\x1b[201~';
const LONGEST_SEQUENCE = 16;
const LARGEST = 256 * 1024;

export function createHiddenLine(): HiddenLine {
  const buffer = Buffer.alloc(LARGEST);
  let length = 0;
  let pasting = false;
  /** An escape sequence so far; in a paste, what may become its end. */
  let sequence = '';
  let afterReturn = false;

  const append = (byte: number): void => {
    if (length < LARGEST) buffer[length] = byte;
    length = Math.min(length + 1, LARGEST);
  };

  const clear = (): void => {
    buffer.fill(0, 0, length);
    length = 0;
  };

  /** The last character, however many bytes of UTF-8 it has. */
  const erase = (): void => {
    while (length > 0) {
      length -= 1;
      const byte = buffer[length] ?? 0;
      buffer[length] = 0;
      if ((byte & 0xc0) !== 0x80) return;
    }
  };

  const endsBlank = (): boolean => [SPACE, TAB, LINE_FEED].includes(buffer[length - 1] ?? 0);
  const eraseWord = (): void => {
    while (length > 0 && endsBlank()) erase();
    while (length > 0 && !endsBlank()) erase();
  };

  /** Terminals paste line ends as carriage returns. */
  const paste = (byte: number): void => {
    if (!(byte === LINE_FEED && afterReturn)) append(byte === RETURN ? LINE_FEED : byte);
    afterReturn = byte === RETURN;
  };

  /** Only the end of the paste is not part of it. */
  const followPaste = (byte: number): void => {
    const next = sequence + String.fromCharCode(byte);
    if (PASTE_ENDS.startsWith(next)) {
      sequence = next;
    } else {
      for (const character of sequence) paste(character.charCodeAt(0));
      sequence = byte === ESCAPE ? '\x1b' : '';
      if (byte !== ESCAPE) paste(byte);
    }
    if (sequence !== PASTE_ENDS) return;
    sequence = '';
    pasting = false;
  };

  const key = (byte: number): LineState => {
    if (byte === RETURN || byte === LINE_FEED) return 'entered';
    if (byte === CTRL_C) return 'interrupted';
    if (byte === CTRL_D) return length === 0 ? 'interrupted' : 'entered';
    if (byte === BACKSPACE || byte === DELETE) erase();
    else if (byte === CTRL_W) eraseWord();
    else if (byte === CTRL_U) clear();
    else if (byte === ESCAPE) sequence = '\x1b';
    else if (byte >= SPACE) append(byte);
    return 'more';
  };

  const followSequence = (byte: number): LineState => {
    const [begun, whole] = [sequence, sequence + String.fromCharCode(byte)];
    sequence = '';
    if (begun === '\x1b' && byte === DELETE) eraseWord();
    // A key such as Ctrl-C or Return ends a sequence that is not complete.
    else if (byte < SPACE) return key(byte);
    else if (whole === '\x1b[' || whole === '\x1bO') sequence = whole;
    else if (begun.startsWith('\x1b[') && byte < 0x40 && whole.length < LONGEST_SEQUENCE) sequence = whole;
    else if (whole === PASTE_BEGINS) [pasting, afterReturn] = [true, false];
    return 'more';
  };

  /** The Escape key alone, if what follows in the next chunk does not make it a sequence. */
  const dropEscapeKey = (next: number | undefined): void => {
    if (!pasting && sequence === '\x1b' && next !== undefined && !'[O'.includes(String.fromCharCode(next))) {
      sequence = '';
    }
  };

  return {
    feed: (chunk) => {
      dropEscapeKey(chunk[0]);
      for (const [at, byte] of chunk.entries()) {
        if (pasting) followPaste(byte);
        else {
          const state = sequence === '' ? key(byte) : followSequence(byte);
          if (state === 'entered' && at < chunk.length - 1) return 'several_lines';
          if (state !== 'more') return state;
        }
      }
      return 'more';
    },
    take: () => Buffer.from(buffer.subarray(0, length)),
    wipe: clear,
  };
}
