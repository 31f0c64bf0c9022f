/** Folders for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function makeBase(): string {
  const made = mkdtempSync(join(tmpdir(), 'twofold-test-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

let base: string | undefined;

/** A new, empty one, removed when the process ends. */
export function testFolder(name: string): string {
  return mkdtempSync(join((base ??= makeBase()), `${name}-`));
}
