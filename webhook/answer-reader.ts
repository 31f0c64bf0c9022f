/**
 * Bytes of a connection to the answer of one HTTP/1.1 request (RFC 9112) other than HEAD, from servers that we know: a
 * status, and a body of announced length or in chunks. Zone 2, pure. Whatever else HTTP may be is an error, and so is
 * every doubt about where the answer ends: its connection carries no other.
 */
import { tooLong, type ApiAnswer } from '#platform/https-client.ts';

export interface ReadAnswer extends ApiAnswer {
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
}

/** The bytes are no answer that is understood. */
export class MalformedAnswer extends Error {}

const MAX_HEAD_BYTES = 16 * 1024;
/** Of a line that tells a chunk's size. */
const MAX_LINE_BYTES = 8;
/** Each costs memory of its own, however short. */
const MAX_PARTS = 65_536;
const NOTHING = Buffer.alloc(0);
const LINE_END = '\r\n';

interface Head {
  readonly status: number;
  readonly keepAlive: boolean;
  /** Bytes of the body; undefined where it comes in chunks. */
  readonly length: number | undefined;
}

/** RFC 9112 §4 and §5, without what is obsolete: the status, and lines of a name and a value. */
const HEAD = /^HTTP\/1\.1 ([2-5]\d\d)(?: [^\r\n\0]*)?(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*)*$/;
/** The fields that say where the answer ends, and the connection. */
const FRAMING = /\r\n(content-length|transfer-encoding|connection):([^\r\n]*)/gi;

const parseHead = (text: string): Head => {
  const status = Number(HEAD.exec(text)?.[1]);
  if (Number.isNaN(status)) throw new MalformedAnswer('its head is not that of an answer');
  const framing: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(FRAMING)) {
    const field = name.toLowerCase();
    if (field in framing) throw new MalformedAnswer(`it has two fields ${field}`);
    framing[field] = value.trim().toLowerCase();
  }
  const keepAlive = !/(^|[ ,])close($|[ ,])/.test(framing['connection'] ?? '');
  return { status, keepAlive, length: lengthOf(status, framing) };
};

/** RFC 9112 §6.3. */
const lengthOf = (status: number, framing: Readonly<Record<string, string>>): number | undefined => {
  const [length, coding] = [framing['content-length'], framing['transfer-encoding']];
  if (length !== undefined && coding === undefined && /^\d{1,15}$/.test(length)) return Number(length);
  if (length === undefined && coding === 'chunked') return undefined;
  if (length === undefined && coding === undefined && status === 204) return 0;
  throw new MalformedAnswer('it does not say how long it is');
};

const chunkSize = (line: string): number => {
  if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) throw new MalformedAnswer('a chunk has no size');
  return Number.parseInt(line, 16);
};

/**
 * Bytes that have come and are not taken yet. What is added to them is copied at most twice in all, in however many
 * pieces it comes: the store grows by doubling.
 */
const createHeld = () => {
  let bytes: Buffer = NOTHING;
  /** Behind `bytes` in the same store; empty where that is not ours to write to. */
  let room: Buffer = NOTHING;
  return {
    add: (more: Buffer): void => {
      if (bytes.length === 0) [bytes, room] = [more, NOTHING];
      else {
        if (room.length < more.length) {
          const store = Buffer.allocUnsafe(2 * (bytes.length + more.length));
          store.set(bytes);
          [bytes, room] = [store.subarray(0, bytes.length), store.subarray(bytes.length)];
        }
        room.set(more);
        bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length + more.length);
        room = room.subarray(more.length);
      }
    },
    view: (): Buffer => bytes,
    take: (length: number): Buffer => {
      const taken = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      return taken;
    },
  };
};

/**
 * A function that takes the bytes as they come, and returns the answer once it is whole. Throws a MalformedAnswer, also
 * for bytes after the end, and an HttpsError `too_large` for a body over the limit as soon as that is known.
 */
export const createAnswerReader = (limit: number): ((bytes: Buffer) => ReadAnswer | undefined) => {
  const held = createHeld();
  /** Bytes of `held` in which the mark that is waited for does not begin. */
  let searched = 0;
  let head: Head | undefined;
  let left = 0;
  let size = 0;
  /** What comes after the bytes that are left: the end, the end of a chunk's line, or a line with the next one's size. */
  let next: 'end' | 'chunk end' | 'chunk' | 'last' = 'end';
  const parts: Buffer[] = [];

  const announce = (length: number): void => {
    left = length;
    size += length;
    if (size > limit) throw tooLong(limit);
  };

  /** Up to the mark, which is taken too; undefined until it is there, within `most` bytes. */
  const upTo = (mark: string, most: number): string | undefined => {
    const bytes = held.view();
    const end = bytes.indexOf(mark, searched);
    if (end > most || (end < 0 && bytes.length > most + mark.length))
      throw new MalformedAnswer('a part of it that has a limit has no end');
    searched = end < 0 ? Math.max(bytes.length - mark.length + 1, 0) : 0;
    return end < 0 ? undefined : held.take(end + mark.length).toString('latin1', 0, end);
  };

  const begin = (text: string): Head => {
    const parsed = parseHead(text);
    if (parsed.length === undefined) next = 'chunk';
    else announce(parsed.length);
    return parsed;
  };

  /** One step; false when more bytes are needed. */
  const step = (): boolean => {
    if (!head) {
      const text = upTo(LINE_END + LINE_END, MAX_HEAD_BYTES);
      if (text !== undefined) head = begin(text);
      return text !== undefined;
    }
    if (left > 0) {
      const part = held.take(left);
      if (part.length > 0 && parts.push(part) > MAX_PARTS)
        throw new MalformedAnswer('it comes in too many parts');
      left -= part.length;
      return left === 0;
    }
    if (next === 'chunk') {
      const line = upTo(LINE_END, MAX_LINE_BYTES);
      if (line === undefined) return false;
      announce(chunkSize(line));
      next = left === 0 ? 'last' : 'chunk end';
      return true;
    }
    // After a chunk, and after the last where trailers could be: an empty line.
    const line = upTo(LINE_END, 0);
    if (line === undefined) return false;
    next = next === 'last' ? 'end' : 'chunk';
    return true;
  };

  return (bytes) => {
    held.add(bytes);
    while (!head || left > 0 || next !== 'end') if (!step()) return undefined;
    if (held.view().length > 0) throw new MalformedAnswer('more bytes follow than it has');
    const body = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    return { status: head.status, keepAlive: head.keepAlive, body };
  };
};
