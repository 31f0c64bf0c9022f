/**
 * An append-only audit trail of JSON lines; each is written before the release that it records. No zone;
 * docs/design.md#audit. A line is one synchronous write, as in the log: 5 µs, where a trip through the
 * thread pool costs ten times that.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { boundedText } from './shown.ts';

export interface AuditTrail {
  /** Resolves once the operating system has the line. Rejects when it could not be written: then refuse. */
  append(record: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

const STDOUT = 1;

/** Room for the longest name, and some to spare. */
const MAX_TEXT_LENGTH = 320;
/** As many as one session has secrets. */
const MAX_ITEMS = 256;
/** The first names or codes of a refusal: the refused caller must not choose how much is written. */
const MAX_REFUSED_ITEMS = 4;
const MAX_REFUSED_LENGTH = 64;

/** Text within a line: cut, its control characters shown, which bounds the line of a record of n members. */
function bounded(value: unknown): unknown {
  if (typeof value === 'string') return boundedText(value, MAX_TEXT_LENGTH);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(bounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bounded(member)]));
}

/** The first few texts of a refusal's list, each cut. */
export function firstFew(texts: readonly string[]): readonly string[] {
  return texts.slice(0, MAX_REFUSED_ITEMS).map((text) => boundedText(text, MAX_REFUSED_LENGTH));
}

/** How long a full pipe may block: its reader, the container runtime, normally empties it quickly. */
const FULL_PIPE_MS = 500;
const LOOK_MS = 1;
const nobody = new Int32Array(new SharedArrayBuffer(4));

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

/** Of a file, removes the beginning of a line that could not be written: the next one would continue it. */
function takeBack(fd: number, bytes: number): void {
  const stats = fstatSync(fd);
  if (stats.isFile()) ftruncateSync(fd, stats.size - bytes);
}

/** Standard output may be a non-blocking pipe; then what does not fit is retried for a while, and finally throws. */
function writeAll(fd: number, bytes: Buffer): void {
  const until = performance.now() + FULL_PIPE_MS;
  for (let from = 0; from < bytes.length;) {
    try {
      from += writeSync(fd, bytes, from);
    } catch (error) {
      if (!isFull(error) || performance.now() > until) {
        if (from > 0) takeBack(fd, from);
        throw error;
      }
      Atomics.wait(nobody, 0, 0, LOOK_MS);
    }
  }
}

/** `-` is standard output. */
/* eslint-disable @typescript-eslint/require-await -- a throw must reject, and a trail elsewhere may take its time */
export async function openAuditTrail(path: string): Promise<AuditTrail> {
  const fd = path === '-' ? STDOUT : openSync(path, 'a', 0o600);
  return {
    append: async (record) => writeAll(fd, Buffer.from(`${JSON.stringify(bounded(record))}\n`)),
    close: async () => {
      if (fd !== STDOUT) closeSync(fd);
    },
  };
}
/* eslint-enable @typescript-eslint/require-await */
