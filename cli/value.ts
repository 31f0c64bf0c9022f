/** A value to store: from a prompt without echo, a file or standard input, never from an argument. Zone 0. */
import { createReadStream } from 'node:fs';
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { valueHints, valueHintTexts } from '#envelope/value-hints.ts';
import { codeOf, failure } from './failure.ts';
import type { ByteSource } from './standard-input.ts';
import type { Terminal } from './terminal.ts';

interface ValueSource {
  readonly terminal: Terminal;
  readonly stdin: ByteSource;
  readonly note: (line: string) => void;
}

interface ValueOptions {
  /** For the prompt. */
  readonly name: string;
  /** A path, or `-` for standard input; undefined: the terminal where there is one. */
  readonly file: string | undefined;
  readonly trimNewline: boolean;
}

const NEWLINE = /\r?\n$/;

/** At most `limit` bytes, and more than `limit` only if the stream has more. */
export async function readLimited(stream: ByteSource, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > limit) break;
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}

export async function readFileLimited(path: string, limit: number): Promise<Buffer> {
  try {
    return await readLimited(createReadStream(path), limit);
  } catch (error) {
    const code = codeOf(error) ?? 'unreadable';
    throw failure(
      'file_unusable',
      `${path} cannot be read (${code}).`,
      'Check the path and its permissions.',
      error,
    );
  }
}

/** Without the newline that `echo` and editors add, if that is wanted. */
function trimmed(value: Buffer, { trimNewline }: ValueOptions): Buffer {
  if (!trimNewline) return value;
  // Two bytes are not the value: only whether they end a line is checked.
  const end = NEWLINE.exec(value.subarray(-2).toString('latin1'))?.[0] ?? '';
  return value.subarray(0, value.length - end.length);
}

function tellHints(value: Uint8Array, note: ValueSource['note']): void {
  for (const hint of valueHints(value)) {
    note(`${valueHintTexts[hint]}${hint === 'newline_after' ? ' --trim-newline drops it.' : ''}`);
  }
}

async function read({ terminal, stdin }: ValueSource, { name, file }: ValueOptions): Promise<Buffer> {
  if (file !== undefined && file !== '-') return await readFileLimited(file, MAX_VALUE_BYTES);
  if (file === undefined && terminal.interactive) return await terminal.askHidden(`Value of ${name}`);
  return await readLimited(stdin, MAX_VALUE_BYTES);
}

/** 1 to 65,536 bytes, exactly as they came; the caller wipes them. */
export async function readValue(source: ValueSource, options: ValueOptions): Promise<Buffer> {
  const value = await read(source, options);
  if (value.length > MAX_VALUE_BYTES) {
    value.fill(0);
    const next = 'Store a key to it instead, and keep the data itself elsewhere.';
    throw failure('value_too_large', `The value has more than ${MAX_VALUE_BYTES} bytes (64 KiB).`, next);
  }
  const kept = trimmed(value, options);
  if (kept.length === 0) throw failure('value_empty', 'The value is empty; a secret has at least one byte.');
  tellHints(kept, source.note);
  return kept;
}
