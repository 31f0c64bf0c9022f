/** Ways to `/launch`, as a launcher has them. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { add, loggedIn, site } from './browser.ts';

interface Answer {
  readonly type: string;
  readonly ticket: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

/** The address of a session in `fx-dev` for the listed launcher, unless `more` says otherwise. */
export async function launchUrl(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { url, launchers } = await site();
  const query = { namespace: 'fx-dev', pod: 'jupyter-*', return_to: launchers.listed, ...more };
  return `${url}/launch?${new URLSearchParams(query).toString()}`;
}

/** A launcher's page (launchers.ts), of the listed origin or another. */
export async function openLauncher(page: Page, how: string, target: string, origin?: string): Promise<void> {
  const { launchers } = await site();
  await page.goto(`${origin ?? launchers.listed}/?${new URLSearchParams({ how, target }).toString()}`);
}

/** A window of the listed launcher's that never closes by itself. */
export async function openWindow(page: Page, target: string): Promise<Page> {
  const { launchers } = await site();
  await page.goto(launchers.listed);
  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(`void open(${JSON.stringify(target)})`),
  ]);
  await opened.waitForLoadState();
  return opened;
}

/** The window that the launcher's button opens. */
export async function chooserOf(page: Page): Promise<Page> {
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Choose secrets' }).click(),
  ]);
  return popup;
}

/** What a launcher's page got. */
export async function answerOf(page: Page): Promise<Answer> {
  await page.waitForFunction('document.title === "answered"');
  return await page.evaluate<Answer>('answer');
}

/** Logged in, with three secrets. */
export async function withSecrets(options: BrowserContextOptions = {}, name?: string): Promise<Page> {
  const page = await loggedIn(options, name);
  for (const secret of ['db-password', 'aws-key', 'token']) {
    await add(page, secret, 'v');
    await page.waitForURL('**/secrets');
  }
  return page;
}
