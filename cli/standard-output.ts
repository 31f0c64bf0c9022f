/** Standard output and standard error, which may be closed, full or slow. Zone 0. */
import { fstatSync, writeSync } from 'node:fs';
import { codeOf, failure } from './failure.ts';

type Output = NodeJS.WritableStream & { readonly fd: number };

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** All of it. Node's stream for a file takes a write that stopped half-way, as on a full disk, for a whole one. */
function writeFile(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function writeStream(stream: NodeJS.WritableStream, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Once all is written. A reader that has enough, such as head, is not a failure; a full disk is one. */
export async function print(stdout: Output, text: string): Promise<void> {
  try {
    const bytes = Buffer.from(text);
    if (isFile(stdout.fd)) writeFile(stdout.fd, bytes);
    else await writeStream(stdout, bytes);
  } catch (error) {
    const code = codeOf(error) ?? 'unwritable';
    if (code === 'EPIPE') return;
    throw failure(
      'output_lost',
      `Standard output cannot be written (${code}).`,
      'The command itself was carried out; only what it prints is lost or cut off.',
      error,
    );
  }
}

/** What cannot be told to anybody does not end the command: its exit code tells. */
export function keepGoing(streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams) stream.on('error', () => undefined);
  // At the largest size that a file may have, a write fails; without this, the process would end.
  process.on('SIGXFSZ', () => undefined);
}
