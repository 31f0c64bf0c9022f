/**
 * A message's whole body within a limit. No zone. With listeners rather than `for await`, which costs more on the
 * admission path than all else that is done with a body.
 */
import type { IncomingMessage } from 'node:http';

/** Undefined where the body is larger than `limit`: what follows is not read. Rejects when the message breaks off. */
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
      // Every message closes, and an Error that nobody sees still takes its stack.
      if (!message.readableEnded) reject(new Error('the message broke off'));
    });
  });
}
