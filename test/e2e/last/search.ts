/**
 * Searches gigabytes for thousands of byte strings in one pass: files, and what commands printed. Every string is at least
 * 32 bytes long, so it covers a whole sample of four bytes at some multiple of 29; only samples are looked up.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const SAMPLE_BYTES = 4;
const SHORTEST_BYTES = 32;
const STEP = SHORTEST_BYTES - SAMPLE_BYTES + 1;
const CHUNK_BYTES = 16 * 1024 * 1024;
const TABLE_BITS = 24;

interface Needle {
  /** Identifies it without its value. */
  readonly what: string;
  readonly bytes: Buffer;
}

/** Base64 of these bytes at any offset in longer data: the characters that depend only on them. */
function base64Within(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((before * 8) / 6), whole);
  });
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** In the forms in which a program may have written it: raw, two bytes for each character, base64, base64url, hexadecimal. */
export function needlesOf(what: string, bytes: Buffer): readonly Needle[] {
  const hex = bytes.toString('hex');
  const base64 = base64Within(bytes);
  const forms: readonly (readonly [form: string, bytes: Buffer])[] = [
    ['raw', bytes],
    ['UTF-16', Buffer.from(bytes.toString('latin1'), 'utf16le')],
    ...[hex, hex.toUpperCase()].map((text) => ['hex', Buffer.from(text)] as const),
    ...[...new Set([...base64, ...base64.map(urlSafe)])].map(
      (text) => ['base64', Buffer.from(text)] as const,
    ),
  ];
  return forms.map(([form, encoded]) => ({ what: `${what} (${form})`, bytes: encoded }));
}

function slotOf(sample: number): number {
  return Math.imul(sample, 0x9e3779b1) >>> (32 - TABLE_BITS);
}

/** From one byte up to, but not including, another. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Search {
  /** What was found in these bytes, each once. */
  inBytes(bytes: Buffer): ReadonlySet<string>;
  /** The same for a file, or for its parts where only parts can be read. */
  inFile(path: string, parts?: readonly Range[]): ReadonlySet<string>;
}

const WHOLE: readonly Range[] = [{ start: 0, end: Infinity }];

/** Throws for a needle that is too short to be found reliably. */
export function createSearch(needles: readonly Needle[]): Search {
  const table = new Uint8Array(1 << (TABLE_BITS - 3));
  const places = new Map<number, { readonly needle: Needle; readonly at: number }[]>();
  let longest = SHORTEST_BYTES;
  for (const needle of needles) {
    const { bytes, what } = needle;
    if (bytes.length < SHORTEST_BYTES) throw new RangeError(`${what} is too short to look for`);
    longest = Math.max(longest, bytes.length);
    for (let at = 0; at < STEP; at += 1) {
      const sample = bytes.readInt32LE(at);
      const slot = slotOf(sample);
      table[slot >>> 3]! |= 1 << (slot & 7);
      const known = places.get(sample);
      if (known) known.push({ needle, at });
      else places.set(sample, [{ needle, at }]);
    }
  }

  const scan = (bytes: Buffer, found: Set<string>): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + SAMPLE_BYTES <= bytes.length; at += STEP) {
      const sample = view.getInt32(at, true);
      const slot = slotOf(sample);
      if ((table[slot >>> 3]! & (1 << (slot & 7))) === 0) continue;
      for (const { needle, at: offset } of places.get(sample) ?? []) {
        const start = at - offset;
        if (start < 0 || found.has(needle.what)) continue;
        if (needle.bytes.equals(bytes.subarray(start, start + needle.bytes.length))) found.add(needle.what);
      }
    }
  };

  return {
    inBytes: (bytes) => {
      const found = new Set<string>();
      scan(bytes, found);
      return found;
    },
    inFile: (path, parts = WHOLE) => {
      const found = new Set<string>();
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const fd = openSync(path, 'r');
      try {
        for (const { start, end } of parts) {
          let kept = 0;
          for (let at = start; at < end;) {
            const read = readSync(fd, chunk, kept, Math.min(CHUNK_BYTES - kept, end - at), at);
            if (read === 0) break;
            const filled = kept + read;
            scan(chunk.subarray(0, filled), found);
            // A string may span two chunks.
            kept = Math.min(longest, filled);
            chunk.copyWithin(0, filled - kept, filled);
            at += read;
          }
        }
        return found;
      } finally {
        closeSync(fd);
      }
    },
  };
}
