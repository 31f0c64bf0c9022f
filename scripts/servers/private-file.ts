/** Files with credentials, for the processes of the development cluster. Development tool, no zone. */

import { rmSync, writeFileSync } from 'node:fs';

/** Mode 0600 from the start. An existing file would keep its mode, so it is removed first. */
export function writePrivateFile(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
