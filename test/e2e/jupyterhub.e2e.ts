import { expect } from 'chai';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Person } from '../../scripts/dev/person.ts';
import { launchChromium } from '../chromium.ts';
import { eventually } from '../eventually.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { startJupyterHub, type RunningHub } from './jupyterhub/hub.ts';
import { ensureSingleUser } from './jupyterhub/single-user.ts';
import { kubectl } from './cluster/kubectl.ts';
import { ensureHubAccount, SERVERS_NAMESPACE } from './kubespawner/spawner.ts';
import { marker } from './sessions/marker.ts';

const artifacts = fileURLToPath(new URL('../artifacts/jupyterhub/', import.meta.url));
const namespace = SERVERS_NAMESPACE;
const PERSON = 'grace';

describe('the page and a real JupyterHub with the package, in one browser', function () {
  this.timeout(300_000);
  const cluster = connect();
  const unique = marker();
  const value = `of ${PERSON} ${unique}`;
  let grace: Person;
  let hub: RunningHub;
  let browser: Browser;
  /** Undone in reverse order, whatever failed. */
  const undo: (() => unknown)[] = [];
  let context: BrowserContext;
  let page: Page;
  const photograph = (name: string): Promise<unknown> =>
    page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });

  before(async () => {
    mkdirSync(artifacts, { recursive: true });
    await ensureHubAccount('hub');
    grace = cluster.person(PERSON);
    undo.push(() => grace.close());
    // From an earlier run on the same cluster.
    await grace.call('DELETE', '/api/v1/secrets/db-password');
    await cluster.keep(grace, 'not-ticked', `other ${marker()}`);
    await cluster.keep(grace, 'key.bin', `key ${marker()}`);
    hub = await startJupyterHub(cluster, ensureSingleUser());
    undo.push(
      () => cluster.remove('pod', `jupyter-${PERSON}`, namespace),
      () => hub.close(),
    );
    browser = await launchChromium();
    undo.push(() => browser.close());
    // The certificates of provider and console have roots that no browser knows.
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
  });
  after(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await photograph('failed');
    console.log(
      (await kubectl(['logs', `jupyter-${PERSON}`, '--namespace', namespace, '--tail', '20'])).stdout,
    );
    const words = hub
      .log()
      .split('\n')
      .filter((line) => !/ DEBUG |^ /.test(line));
    console.log([page.url(), ...words.slice(-12)].map((line) => line.slice(0, 300)).join('\n'));
  });

  /** What the single-user server itself reads, through its contents API. */
  const readInServer = async (path: string): Promise<{ status: number; content: unknown }> => {
    const answer = await page.goto(`${hub.url}/user/${PERSON}/api/contents/${path}?type=file&format=text`);
    if (answer?.status() !== 200) return { status: answer?.status() ?? 0, content: undefined };
    const { content } = (await answer.json()) as { content?: unknown }; // of the contents API
    return { status: 200, content };
  };

  it('stores a secret on the console’s page after the login, sealed in the browser', async () => {
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.goto(`${cluster.endpoints.console}/login`);
    await page.getByLabel('Name').fill(PERSON);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/secrets');
    await page.goto(`${cluster.endpoints.console}/new`);
    await page.getByLabel('Name').fill('db-password');
    await page.getByLabel('Value', { exact: true }).fill(value);
    await page.getByText('Encrypted in this browser before it is sent').waitFor();
    await photograph('new-secret');
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await page.getByText('db-password is stored.').waitFor();
    await photograph('stored');
    page.removeAllListeners('request');
    const stored = sent.filter((text) => text.includes('/page/v1/secrets '));
    expect(stored.length, 'requests that store').to.equal(1);
    const forms = [
      unique,
      ...(['base64', 'base64url', 'hex'] as const).map((form) => Buffer.from(value).toString(form)),
    ];
    expect(
      sent.some((text) => forms.some((form) => text.includes(form))),
      'the value is sent',
    ).to.equal(false);
  });

  it('shows the person’s own secrets in the hub after its login, none of them ticked', async () => {
    await page.goto(`${hub.url}/hub/spawn`);
    // The provider knows the person from the console already.
    await page
      .getByRole('button', { name: /sign in|login/i })
      .or(page.getByRole('link', { name: /sign in/i }))
      .first()
      .click();
    await page.getByRole('group', { name: 'My secrets' }).waitFor();
    await photograph('form');
    for (const name of ['db-password', 'not-ticked'])
      expect(await page.getByRole('checkbox', { name, exact: true }).count(), name).to.equal(1);
    expect(await page.getByRole('checkbox', { checked: true }).count()).to.equal(0);
  });

  it('shows the mistake above the form, and starts nothing', async () => {
    await page.getByRole('checkbox', { name: 'db-password' }).check();
    await page.getByLabel('Folder of the files').fill('/etc');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('The folder belongs to the system.').waitFor();
    await photograph('refused');
    expect(await cluster.readPod(`jupyter-${PERSON}`, namespace)).to.equal(undefined);
  });

  it('starts a server that reads the ticked secret, and no other', async () => {
    await page.getByRole('checkbox', { name: 'db-password' }).check();
    await page.getByLabel('Folder of the files').fill('/home/jovyan/secrets');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(`**/user/${PERSON}/**`, { timeout: 90_000 });
    await page.waitForLoadState();
    // Opening a file's page logs in; the API alone would not.
    const landed = await page.goto(`${hub.url}/user/${PERSON}/view/secrets/db-password`);
    expect(landed?.status()).to.equal(200);
    const seen = await readInServer('secrets/db-password');
    expect([seen.status, seen.content === value], 'its status, and whether it is the value').to.deep.equal([
      200,
      true,
    ]);
    expect((await readInServer('secrets/not-ticked')).status).to.equal(404);
  });

  it('stops it, and nothing is left behind', async () => {
    const pod = await cluster.readPod(`jupyter-${PERSON}`, namespace);
    if (!pod) throw new Error('there is no pod');
    const ticket = pod.metadata?.annotations?.['twofold.dev/ticket'] ?? '';
    await page.goto(`${hub.url}/hub/home`);
    await photograph('running');
    await page
      .getByRole('button', { name: /stop my server/i })
      .or(page.locator('#stop'))
      .first()
      .click();
    await cluster.gone(`jupyter-${PERSON}`, namespace);
    await cluster.noSessionObjects(sidOf(pod), namespace);
    await page.goto(`${cluster.endpoints.console}/secret/db-password`);
    await page.getByText('Delivered to a session').waitFor();
    await photograph('delivered');
    const log = hub.log();
    expect(log).to.contain(`jupyter-${PERSON}`);
    const secret = [value, ticket, ticket.split('.')[2] ?? '', cluster.endpoints.bearers[PERSON] ?? ''];
    expect(secret.filter((text) => text.length < 20 || log.includes(text))).to.deep.equal([]);
  });

  it('remembers the choice, and never hides it in a search', async () => {
    const box = (name: string): Locator => page.getByRole('checkbox', { name, exact: true });
    // It may still be stopping the server.
    await eventually('the hub shows its form', async () => {
      await page.goto(`${hub.url}/hub/spawn`);
      return (await box('db-password').count()) === 1;
    });
    expect(await box('db-password').isChecked()).to.equal(true);
    expect(await page.getByLabel('Folder of the files').inputValue()).to.equal('/home/jovyan/secrets');
    await page.getByRole('searchbox', { name: 'Search' }).fill('KEY.');
    expect(await box('key.bin').isVisible()).to.equal(true);
    expect(await box('not-ticked').isVisible()).to.equal(false);
    expect(await box('db-password').isVisible(), 'it is ticked').to.equal(true);
    await page.getByText('1 of 3 ticked').waitFor();
    await photograph('remembered');
  });

  it('starts a server through the Hub’s API with the options that docs/jupyterhub.md shows', async () => {
    const docs = readFileSync(new URL('../../docs/jupyterhub.md', import.meta.url), 'utf8');
    const [, options = ''] = /-d '(\{"twofold"[^']*)'/.exec(docs) ?? [];
    // It may still be stopping the one before.
    await eventually('the hub starts it', async () =>
      (await hub.call('POST', `/users/${PERSON}/server`, options)) < 300 ? true : undefined,
    );
    await cluster.ready(`jupyter-${PERSON}`, { namespace, timeoutMs: 90_000 });
    const read = `import pathlib; print(pathlib.Path("/secrets/db-password").read_text(), end="")`;
    const [python = ''] = ensureSingleUser().command;
    const found = await cluster.exec(`jupyter-${PERSON}`, [python, '-c', read], { namespace });
    expect(found === value, 'it is the value').to.equal(true);
    expect(await hub.call('DELETE', `/users/${PERSON}/server`)).to.be.oneOf([202, 204]);
    await cluster.gone(`jupyter-${PERSON}`, namespace);
  });
});
