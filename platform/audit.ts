/**
 * An append-only audit trail of JSON lines that is written before what it tells of is released. No zone; design §6.3.
 * Lines of concurrent requests go out in one write; each waits for the write that holds its line.
 */
import { close, open, write } from 'node:fs';
import { promisify } from 'node:util';

export interface AuditTrail {
  /** Resolves once the line is with the operating system. Rejects when it could not be written: then refuse. */
  append(record: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const openAsync = promisify(open);
const writeAsync = promisify(write);
const STDOUT = 1;

const writeAll = async (fd: number, bytes: Buffer): Promise<void> => {
  for (let from = 0; from < bytes.length;) {
    from += (await writeAsync(fd, bytes, from, bytes.length - from, null)).bytesWritten;
  }
};

/** `-` is standard output. */
export const openAuditTrail = async (path: string): Promise<AuditTrail> => {
  const fd = path === '-' ? STDOUT : await openAsync(path, 'a', 0o600);
  let waiting: Waiting[] = [];
  let writing = false;
  const drain = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await writeAll(fd, Buffer.from(batch.map(({ line }) => line).join('')));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  };
  return {
    append: (record) =>
      new Promise((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(record)}\n`, resolve, reject });
        if (!writing) void drain();
      }),
    close: () => (fd === STDOUT ? Promise.resolve() : promisify(close)(fd)),
  };
};
