/** Debian's headless Chromium, which needs half the full browser's processor time. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium-headless-shell';
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
];

export async function launchChromium(...args: readonly string[]): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: run scripts/setup --for-tests`);
  return await chromium.launch({ executablePath: PROGRAM, args: [...quiet, ...args] });
}
