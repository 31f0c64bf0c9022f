/** SHA-256 in hexadecimal, of text as UTF-8. Zone 1. */
import { createHash } from 'node:crypto';

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
