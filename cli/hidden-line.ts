/**
 * One value from the bytes that a terminal in raw mode sends: keys, or a bracketed paste, which may have several
 * lines. Zone 0. Pure except for its buffer, which is wiped.
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
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const DELETE = 0x7f;
const PASTE_BEGINS = '[200~';
const PASTE_ENDS = '[201~';
const LARGEST = 256 * 1024;

export function createHiddenLine(): HiddenLine {
  const buffer = Buffer.alloc(LARGEST);
  let length = 0;
  let pasting = false;
  /** The escape sequence so far. */
  let sequence: string | undefined;
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

  const followSequence = (byte: number): void => {
    sequence = (sequence ?? '') + String.fromCharCode(byte);
    if (sequence === '[' || sequence === 'O') return;
    if (sequence.startsWith('[') && (byte < 0x40 || byte > 0x7e) && sequence.length < 16) return;
    if (sequence === PASTE_BEGINS) pasting = true;
    if (sequence === PASTE_ENDS) pasting = false;
    sequence = undefined;
  };

  /** Terminals paste line ends as carriage returns. */
  const paste = (byte: number): void => {
    if (!(byte === LINE_FEED && afterReturn)) append(byte === RETURN ? LINE_FEED : byte);
    afterReturn = byte === RETURN;
  };

  const key = (byte: number): LineState => {
    if (byte === RETURN || byte === LINE_FEED) return 'entered';
    if (byte === CTRL_C || (byte === CTRL_D && length === 0)) return 'interrupted';
    if (byte === CTRL_D) return 'entered';
    if (byte === BACKSPACE || byte === DELETE) erase();
    else if (byte === CTRL_U) clear();
    else append(byte);
    return 'more';
  };

  return {
    feed: (chunk) => {
      for (const [at, byte] of chunk.entries()) {
        if (sequence !== undefined) followSequence(byte);
        else if (byte === ESCAPE) sequence = '';
        else if (pasting) paste(byte);
        else {
          const state = key(byte);
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
