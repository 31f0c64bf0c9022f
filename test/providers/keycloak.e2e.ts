import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { repository } from '../../scripts/build.ts';
import { pythonVenv } from '../e2e/kubespawner/spawner.ts';
import { keycloak } from './keycloak.ts';
import { logInOnPage, startStage, storeOnPage, type Stage } from './stage.ts';

/** A loopback address at which nothing listens: the browser's way back is only looked at. */
const REDIRECT = 'http://127.0.0.1:9/callback';

interface HubAnswer {
  readonly authorize?: string;
  readonly username?: string;
  readonly form?: string;
  readonly renewed?: boolean;
  readonly secrets?: readonly string[];
  readonly kept?: boolean;
}

/** The code with which Keycloak sends the browser back. */
async function codeFrom(page: Page, url: string): Promise<string> {
  const back = page.waitForRequest((request) => request.url().startsWith(REDIRECT));
  await page.goto(url);
  await keycloak.logIn(page).catch(() => undefined);
  return new URL((await back).url()).searchParams.get('code') ?? '';
}

describe('a real Keycloak', function () {
  this.timeout(600_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage(keycloak);
  });
  after(() => stage.stop());

  /** At the command line's consent page, and where a code for a device is confirmed. */
  const consent = async (page: Page): Promise<void> => {
    await keycloak.logIn(page);
    const yes = page.locator('#kc-login');
    await yes.or(page.getByRole('heading', { name: /Device Login Successful|Logged in/ })).waitFor();
    if (await yes.isVisible()) await yes.click();
  };
  const browse = async (url: string): Promise<void> => {
    const page = await (await stage.context()).newPage();
    await page.goto(url);
    await consent(page);
    await page.getByText(/close this page|close this browser window/).waitFor();
    await page.context().close();
  };
  const sub = async (): Promise<string> => {
    const { stdout, stderr } = await stage.twofold(['whoami', '--output', 'json']);
    expect(stderr).to.equal('');
    return (JSON.parse(stdout) as { sub: string }).sub;
  };

  it('logs a person in on the page, and out again, here and there', async () => {
    const page = await logInOnPage(stage, keycloak);
    expect(await page.locator('.person').innerText()).to.contain('Ada Lovelace');
    await storeOnPage(page, 'of-the-page', 'v');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#kc-logout').click();
    await page.getByText('You are logged out.').waitFor();
    await page.goto('/secrets');
    await page.locator('#username').waitFor();
    await page.context().close();
  });

  for (const [way, args] of [
    ['with a code for any device', ['login']],
    ['in this machine’s browser', ['login', '--browser']],
  ] as const) {
    it(`logs a person in at the command line ${way}: the same owner, and renewed`, async () => {
      const login = await stage.twofold(args, browse);
      expect([login.exitCode, login.stdout], login.stderr).to.deep.equal([
        0,
        `Logged in at ${stage.stack.urls.console} as ada.\n`,
      ]);
      const before = await sub();
      const list = await stage.twofold(['secrets', 'list', '--output', 'json']);
      expect(list.stdout, list.stderr).to.contain('"of-the-page"');
      stage.ageLogin();
      expect(await sub(), 'with a token that the provider has just renewed').to.equal(before);
      const logout = await stage.twofold(['logout']);
      expect(logout.stdout).to.contain('the identity provider has revoked the login');
    });
  }

  it('gives a hub tokens for the console, and fresh ones for its refresh token', async () => {
    const scenario = {
      console: stage.stack.urls.console,
      consoleCa: stage.caFile,
      issuer: stage.issuer,
      redirect: REDIRECT,
      client: ['hub', 'hub-secret'],
    };
    const child = spawn(join(pythonVenv(), 'bin/python'), [join(repository, 'test/providers/hub.py')], {
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: join(repository, 'launchers/jupyterhub/src'),
        SCENARIO: JSON.stringify(scenario),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async (): Promise<HubAnswer> => {
      const { value } = await lines.next();
      return JSON.parse(String(value)) as HubAnswer; // our own driver's
    };
    const { authorize = '' } = await answer();
    const page = await (await stage.context()).newPage();
    child.stdin.end(`${JSON.stringify({ code: await codeFrom(page, authorize) })}\n`);
    await page.context().close();
    const { form, ...rest } = await answer();
    await exited;
    expect(form).to.contain('value="of-the-page"');
    expect(rest).to.deep.equal({ username: 'ada', renewed: true, secrets: ['of-the-page'], kept: true });
  });

  it('without the audience mapper: the command line says what the token lacks', async () => {
    const { exitCode, stderr } = await stage.twofold(
      ['login', '--browser', '--client-id', 'without-mapper'],
      browse,
    );
    expect(exitCode).to.equal(3);
    expect(stderr).to.contain('the console does not accept its token').and.to.contain('docs/providers.md');
    expect(stderr).to.match(/aud is ("account"|absent), and this console accepts "twofold-console"/);
  });
});
