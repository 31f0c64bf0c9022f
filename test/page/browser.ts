/**
 * One development cluster and one Chromium for all tests of the page: real processes, real HTTPS, a real login. Each
 * test takes a browser context and people of its own.
 */
import knex from 'knex';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { freePort } from '../../scripts/dev/free-port.ts';
import type { Stack } from '../../scripts/dev/stack.ts';
import { launchChromium } from '../chromium.ts';
import { startDrill, type Drill } from '../drills/cluster.ts';
import { resolverRules, startLaunchers, type Launchers } from './launchers.ts';

export const artifacts = fileURLToPath(new URL('../artifacts/page/', import.meta.url));

interface Site {
  readonly drill: Drill;
  readonly stack: Stack;
  readonly browser: Browser;
  readonly launchers: Launchers;
  readonly healthPort: number;
  /** The console's address, as people have it. */
  readonly url: string;
}

let started: Promise<Site> | undefined;
/** Of what has started, even where what comes after it has not: else this process would not end. */
const stops: (() => Promise<void> | void)[] = [];

async function start(): Promise<Site> {
  mkdirSync(artifacts, { recursive: true });
  const launchers = await startLaunchers();
  stops.push(() => launchers.close());
  const browser = await launchChromium(`--host-resolver-rules=${resolverRules}`);
  stops.push(() => browser.close());
  // The same after a restart.
  const healthPort = await freePort();
  const drill = await startDrill({
    env: {
      console: {
        TWOFOLD_LAUNCHER_ORIGINS: `${launchers.listed},${launchers.foreign}`,
        TWOFOLD_HEALTH_PORT: String(healthPort),
      },
    },
  });
  const { stack } = drill;
  stops.push(() => stack.stop());
  return { drill, stack, browser, launchers, healthPort, url: stack.urls.console };
}

export function site(): Promise<Site> {
  return (started ??= start());
}

// A root hook: cluster and browser outlive any one file's tests.
after(async function () {
  this.timeout(60_000);
  for (const stop of stops) await stop();
});

let people = 0;

/** A name that no other test has. */
export function newName(): string {
  people += 1;
  return `person-${people}`;
}

/** Addresses of pages whose policy was violated, in all contexts so far: none should be. */
export const violated: string[] = [];

/** A browser of somebody's own. The certificate is the development cluster's; everything else is checked as always. */
export async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const { browser, url } = await site();
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: url,
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(5_000);
  context.on('request', (request) => {
    if (request.url() === `${url}/csp-report`) violated.push(request.postData() ?? '');
  });
  return context;
}

/** At the identity provider, from wherever a login leads there. */
export async function giveName(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A page at the list. The login's own forms are submitted without being rendered: login.test.ts covers them. */
export async function loggedIn(options: BrowserContextOptions = {}, name = newName()): Promise<Page> {
  const context = await newContext(options);
  const form = await context.request.get('/login');
  await context.request.post(form.url(), { form: { username: name } });
  const page = await context.newPage();
  await page.goto('/secrets');
  return page;
}

/** Fills and sends the form that adds a secret. */
export async function add(page: Page, name: string, value: string): Promise<void> {
  await page.goto('/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Value', { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Store the secret' }).click();
}

/** Names and sizes as the list shows them. */
export async function listed(page: Page): Promise<Record<string, string>> {
  await page.goto('/secrets');
  const rows = await page.locator('table.secrets tbody tr').all();
  const pairs = await Promise.all(
    rows.map(async (row) => [
      await row.locator('th').innerText(),
      await row.locator('td').first().innerText(),
    ]),
  );
  return Object.fromEntries(pairs) as Record<string, string>; // pairs of texts
}

export function openDatabase(filename: string) {
  return knex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
}

/** Ends a login as time would, without waiting. */
export async function endSessions(): Promise<void> {
  const { stack } = await site();
  const database = openDatabase(stack.databaseFile);
  await database('web_sessions').delete();
  await database.destroy();
}

/** The page's own cookie that names the session. */
export async function sessionCookie(context: BrowserContext): Promise<string> {
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-twofold');
  if (!cookie) throw new Error('there is no session cookie');
  return cookie.value;
}

/** The form's button, and its field. */
export function store(page: Page) {
  return page.getByRole('button', { name: 'Store the secret' }).click();
}
export function value(page: Page) {
  return page.getByLabel('Value', { exact: true });
}
