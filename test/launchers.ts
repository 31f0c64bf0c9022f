/** A trusted launcher as tests configure it, and the file that console and webhook read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launcher } from '#platform/launchers.ts';
import { testFolder } from './folder.ts';

export const hub = {
  username: 'system:serviceaccount:hub:hub',
  namespaces: ['hub-sessions'],
  annotation: 'hub.jupyter.org/username',
  claim: 'preferred_username',
  loginWithinDays: 30,
} as const satisfies Launcher;

/** The path of a new one. */
export function launchersFile(...launchers: readonly Launcher[]): string {
  const file = join(testFolder('launchers'), 'launchers.json');
  writeFileSync(file, JSON.stringify({ launchers }));
  return file;
}
