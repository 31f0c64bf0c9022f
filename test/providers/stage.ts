/**
 * A development cluster whose console has a third-party identity provider, a browser, and the command line. Each test
 * here goes the ways that people do; what is particular to a provider is in its file.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build, repository } from '../../scripts/build.ts';
import { freePort } from '../../scripts/dev/free-port.ts';
import { startStack, type Stack } from '../../scripts/dev/stack.ts';
import { testCertificates } from '../certificates.ts';
import { launchChromium } from '../chromium.ts';
import { eventually } from '../eventually.ts';
import { testFolder } from '../folder.ts';
import type { ProviderServer } from './server.ts';

interface Place {
  readonly port: number;
  readonly dir: string;
  readonly ca: string;
  /** Folder with `tls.crt` and `tls.key`, for the loopback address. */
  readonly tlsDir: string;
  /** The console's address. */
  readonly console: string;
}

export interface Provider {
  /** Without the origin. */
  readonly path: string;
  readonly clientSecret: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Starts it after the console: its clients name the console's address. */
  start(place: Place): Promise<ProviderServer>;
  /** Fills its form and sends it. */
  logIn(page: Page): Promise<void>;
}

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Stage {
  readonly stack: Stack;
  readonly issuer: string;
  readonly caFile: string;
  /** Somebody's own browser. */
  context(): Promise<BrowserContext>;
  /** The command line, in the one home of this stage; `browse` is called with the address that it opens or shows. */
  twofold(args: readonly string[], browse?: (url: string) => Promise<void>): Promise<Ran>;
  /** Makes the login at the command line look as old as it will be in a week. */
  ageLogin(): void;
  stop(): Promise<void>;
}

export async function startStage(provider: Provider): Promise<Stage> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await assemble(provider, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  provider: Provider,
  undo: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stage> {
  await build();
  const dir = testFolder('provider');
  const certificates = await testCertificates();
  const port = await freePort();
  const secretFile = join(dir, 'client-secret');
  writeFileSync(secretFile, provider.clientSecret, { mode: 0o600 });
  const stack = await startStack({
    dir: join(dir, 'stack'),
    certificates: certificates.dir,
    people: [],
    env: {
      console: {
        TWOFOLD_OIDC_ISSUER: `https://127.0.0.1:${port}${provider.path}`,
        TWOFOLD_OIDC_CLIENT_SECRET_FILE: secretFile,
        ...provider.settings,
      },
    },
    say: () => undefined,
  });
  undo.push(() => stack.stop());
  const { ca } = certificates.leaf('console');
  const tlsDir = certificates.leafDir('console');
  const server = await provider.start({ port, dir, ca, tlsDir, console: stack.urls.console });
  undo.push(() => server.stop());
  const browser = await launchChromium();
  undo.push(() => browser.close());
  return { stack, issuer: server.issuer, caFile: stack.caFile, ...people({ dir, stack, browser }), stop };
}

function people({ dir, stack, browser }: { dir: string; stack: Stack; browser: Browser }) {
  const home = join(dir, 'home');
  mkdirSync(home, { recursive: true });
  const opener = join(dir, 'browser');
  const opened = join(dir, 'opened');
  writeFileSync(opener, `#!/bin/sh\nprintf %s "$1" >'${opened}'\n`, { mode: 0o755 });
  const context = async (): Promise<BrowserContext> => {
    // The roots of provider and console are those of the development cluster.
    const made = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: stack.urls.console });
    made.setDefaultTimeout(15_000);
    return made;
  };
  const twofold: Stage['twofold'] = async (args, browse) => {
    writeFileSync(opened, '');
    const child = spawn(process.execPath, [join(repository, 'dist/twofold.js'), ...args], {
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        BROWSER: opener,
        TWOFOLD_CONSOLE: stack.urls.console,
        TWOFOLD_CA_FILE: stack.caFile,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    const shown = /^Open {3}(https:\S+)$/m;
    const address = (): string | undefined => readFileSync(opened, 'utf8') || shown.exec(output.stderr)?.[1];
    try {
      if (browse) {
        const look = () => Promise.resolve(child.exitCode === null ? address() : 'ended');
        const url = await eventually('the command line shows an address', look);
        if (url !== 'ended') await browse(url);
      }
    } catch (error) {
      // It would wait for its login as long as it takes.
      child.kill();
      throw error;
    }
    return { exitCode: await exited, ...output };
  };
  const ageLogin = (): void => {
    const file = join(home, '.local/state/twofold/logins.json');
    const logins = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { expiresAt: number }>; // its own
    for (const login of Object.values(logins)) login.expiresAt = 1;
    writeFileSync(file, JSON.stringify(logins), { mode: 0o600 });
  };
  return { context, twofold, ageLogin };
}

/** From the console's first page through the provider to the list. */
export async function logInOnPage(stage: Stage, provider: Provider): Promise<Page> {
  const page = await (await stage.context()).newPage();
  await page.goto('/');
  await page.getByRole('link', { name: 'Log in' }).click();
  await provider.logIn(page);
  await page.getByRole('heading', { name: 'My secrets', exact: true }).waitFor();
  return page;
}

/** Stores a secret with the page's form, and waits until the list shows it. */
export async function storeOnPage(page: Page, name: string, value: string): Promise<void> {
  await page.goto('/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Value', { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Store the secret' }).click();
  await page.waitForURL('**/secrets');
  await page.getByRole('rowheader', { name }).waitFor();
}
