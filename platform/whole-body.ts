/**
 * A message's whole body within a limit. No zone. With listeners rather than `for await`, which costs more on the
 * admission path than everything else done with a body.
 */
import type { IncomingMessage } from 'node:http';

/** Undefined where the body is larger than `limit`: the rest is not read. Rejects when the message breaks off. */
export function readWholeBody(message: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(message.headers['content-length'] ?? 0) > limit) {
      resolve(undefined);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        message.removeAllListeners('data').pause();
        resolve(undefined);
      }
    });
    message.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    message.on('error', reject);
    message.on('close', () => {
      // Every message closes, and even an unused Error costs a stack trace.
      if (!message.readableEnded) reject(new Error('the message broke off'));
    });
  });
}
