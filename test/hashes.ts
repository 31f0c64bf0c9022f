import { createHash } from 'node:crypto';

/** As rows keep tickets and page sessions. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
