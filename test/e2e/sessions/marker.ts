/**
 * Plaintext that can be found again: every value of the scenarios holds a unique marker, recorded outside
 * the cluster, so that the last scenario can search for each of them in everything the cluster stored.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../../.cluster/markers', import.meta.url));

/** 32 characters that occur nowhere else. Printable, so that a search finds them in text as well as in bytes. */
export function marker(): string {
  const text = randomBytes(24).toString('base64url');
  appendFileSync(file, `${text}\n`, { mode: 0o600 });
  return text;
}

export function markers(): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** `size` bytes that are not text, with a marker among them. */
export function markedBytes(size: number): Buffer {
  const bytes = randomBytes(size);
  bytes.write(marker(), 1);
  bytes[0] = 0xff;
  return bytes;
}
