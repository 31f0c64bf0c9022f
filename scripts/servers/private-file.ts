/** Files with credentials, for the processes of the development cluster. Development tool, no zone. */

import { rmSync, writeFileSync } from 'node:fs';

/** Mode 0600 from the start. A file that was there would keep its mode, so it goes first. */
export function writePrivateFile(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
