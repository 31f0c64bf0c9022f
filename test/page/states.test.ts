import { expect } from 'chai';
import { join } from 'node:path';
import {
  add,
  artifacts,
  endSessions,
  giveName,
  loggedIn,
  newContext,
  newName,
  openDatabase,
  site,
} from './browser.ts';
import { openLauncher, openWindow } from './launching.ts';
import { look, lookOnly } from './looks.ts';
import { multiply } from './rows.ts';

describe('every state of the page looks right and is accessible', function () {
  this.timeout(180_000);
  before(async () => {
    await site();
  });

  it('before a login', async () => {
    const page = await (await newContext()).newPage();
    await page.goto('/');
    await look(page, 'welcome');
    await page.goto('/?out');
    await look(page, 'logged-out');
    await page.goto('/login/callback?state=x&code=y');
    await look(page, 'login-failed');
    await page.goto('/secrets');
    await giveName(page, newName());
    await page.goto('/nothing-here');
    await look(page, 'not-found');
    await page.context().close();
  });

  it('from the first secret to the last', async () => {
    const page = await loggedIn({}, 'Ada Lovelace');
    await look(page, 'list-empty');
    const { launchers, url } = await site();
    const query = { namespace: 'fx-dev', pod: 'jupyter-ada', return_to: launchers.listed };
    const address = `/launch?${new URLSearchParams(query).toString()}`;
    const empty = await openWindow(page, url + address);
    await look(empty, 'launch-empty');
    await empty.close();
    await page.goto('/tickets');
    await look(page, 'tickets-empty');
    await page.goto('/secrets');
    await page.getByRole('link', { name: 'Add a secret' }).click();
    await look(page, 'add');
    await page.getByLabel('Name').fill('db password ');
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await look(page, 'add-errors');
    await page.getByLabel('Name').fill('db-password');
    await page.getByLabel('Value', { exact: true }).fill('correct horse battery staple');
    await look(page, 'add-filled');
    await page.getByLabel('Show what I type').check();
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await page.waitForURL('**/secrets');
    await look(page, 'list-one');
    for (const [name, bytes] of [
      ['aws-credentials', 411],
      ['github-token', 40],
      ['id_ed25519', 3389],
      ['s3.backup.key', 65536],
    ] as const) {
      await page.goto(`/new?name=${name}`);
      await page
        .getByLabel('Drop a file here')
        .setInputFiles({ name, mimeType: '', buffer: Buffer.alloc(bytes, 0) });
      if (name === 'id_ed25519') {
        await page.getByLabel('Last day of use').fill('2027-03-31');
        await look(page, 'add-file');
      }
      await page.getByRole('button', { name: 'Store the secret' }).click();
      await page.waitForURL('**/secrets');
    }
    await age();
    await page.reload();
    await page.setViewportSize({ width: 1200, height: 620 });
    // docs/my-secrets.png is this one.
    await page.screenshot({ path: join(artifacts, 'docs.png') });
    await look(page, 'list');
    await page.getByRole('link', { name: 'Replace aws-credentials' }).focus();
    await page.keyboard.press('Tab');
    await look(page, 'list-focus');
    await page.getByRole('link', { name: 'Skip to content' }).focus();
    await look(page, 'skip-link');
    await page.getByRole('link', { name: 'id_ed25519', exact: true }).click();
    await look(page, 'secret');
    await page.getByRole('link', { name: 'Replace' }).click();
    await look(page, 'replace');
    await page.goto('/secret/github-token/delete');
    await look(page, 'delete');
    await page.goto('/secrets');
    await page.getByRole('link', { name: 'Delete github-token' }).click();
    await look(page, 'delete-dialog');
    await page.getByRole('button', { name: 'Delete the secret' }).click();
    await page.getByText('github-token is deleted.').waitFor();
    await look(page, 'deleted');
    await page.goto('/activity');
    await look(page, 'activity');
    await page.goto('/import');
    await look(page, 'import');
    await page.getByLabel('Content').fill('DB_PASSWORD="correct horse"\nTOKEN=abc\nnot a pair\nEMPTY=\n');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'What will happen' }).waitFor();
    await look(page, 'import-preview');
    const launch = await openWindow(page, url + address);
    await launch.getByRole('button', { name: 'Give these secrets' }).click();
    await look(launch, 'launch-nothing');
    await launch.goto(address);
    await launch.getByLabel('db-password', { exact: true }).check();
    await launch.getByLabel('How db-password is given').selectOption('variable');
    await launch.getByLabel('aws-credentials', { exact: true }).check();
    await launch.getByLabel('How db-password is given').focus();
    await look(launch, 'launch');
    await launch.getByLabel('Folder of the files').fill('/usr/lib');
    await look(launch, 'launch-path');
    await launch.getByLabel('Folder of the files').fill('/secrets');
    await launch.getByRole('button', { name: 'Give these secrets' }).click();
    await launch.getByText('Your launcher has what it needs.').waitFor();
    await look(launch, 'launch-done');
    await launch.goto(address);
    await launch.getByRole('button', { name: 'Cancel' }).click();
    await look(launch, 'launch-cancelled');
    await launch.close();
    await page.goto(address);
    await page.getByText('There is no launcher to return to').waitFor();
    expect(await page.getByRole('button', { name: 'Give these secrets' }).isDisabled()).to.equal(true);
    await look(page, 'launch-orphaned');
    await page.goto('/tickets');
    await look(page, 'tickets');
    await page.getByRole('link', { name: 'fx-dev/jupyter-ada', exact: true }).click();
    await look(page, 'ticket');
    await page.goto('/activity?secret=db-password');
    await look(page, 'activity-found');
    await page.goto('/launch?return_to=x');
    await look(page, 'launch-refused');
    await openLauncher(page, 'show', url + address, launchers.foreign);
    await page.frameLocator('iframe').getByRole('link', { name: 'Choose in a window' }).waitFor();
    await look(page, 'launch-elsewhere', page.frames()[1]);
    await page.goto('/new');
    await endSessions();
    await page.getByLabel('Name').fill('late');
    await page.getByLabel('Value', { exact: true }).fill('still here');
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await page.getByRole('dialog').waitFor();
    await look(page, 'login-again');
    await page.context().close();
  });

  it('without JavaScript', async () => {
    const page = await loggedIn({ javaScriptEnabled: false }, 'Grace Hopper');
    await page.goto('/new');
    await lookOnly(page, 'add-without-script');
    await endSessions();
    await page.getByLabel('Name').fill('late');
    await page.getByLabel('Value', { exact: true }).fill('still here');
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await lookOnly(page, 'expired-without-script');
    await page.context().close();
  });

  it('with names as long as they get, and values that have expired', async () => {
    const page = await loggedIn({}, 'Augusta Ada King, Countess of Lovelace, of the Analytical Engine');
    const long = 'analytics-platform.reporting.replica-'.repeat(7).slice(0, 253);
    for (const name of ['a-short-one', long]) {
      await add(page, name, 'v');
      await page.waitForURL('**/secrets');
    }
    await multiply('a-short-one', 9, { expires_at: Date.now() - 1_000 });
    await page.reload();
    await look(page, 'long-list');
    await page.goto(`/secret/${long}`);
    await look(page, 'long-secret');
    await page.getByRole('link', { name: 'Delete' }).click();
    await look(page, 'long-dialog');
    const { launchers, url } = await site();
    const query = { namespace: 'n'.repeat(63), service_account: 's'.repeat(100), pod: `${'p'.repeat(57)}*` };
    const returning = { ...query, return_to: launchers.listed };
    const launch = await openWindow(page, `${url}/launch?${new URLSearchParams(returning).toString()}`);
    await launch.getByLabel(long, { exact: true }).check();
    await look(launch, 'long-launch');
    await page.context().close();
  });

  it('with a thousand secrets, in pages, found by name', async () => {
    const page = await loggedIn();
    await add(page, 'original', 'v');
    await page.waitForURL('**/secrets');
    await multiply('original', 999);
    await page.goto('/secrets');
    await page.getByText('1,000 secrets').waitFor();
    await page.getByLabel('Find by name').fill('COPY-007');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('10 of 1,000 secrets').waitFor();
    await look(page, 'list-filtered');
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByRole('link', { name: 'Next page' }).click();
    expect(await page.locator('tbody tr').count()).to.equal(100);
    await page.context().close();
  });
});

const DAY_MS = 86_400_000;

/** Days since each was made, changed and used: the list of somebody who has been here for a while. */
const ages: Readonly<Record<string, readonly [number, number, number | undefined]>> = {
  'aws-credentials': [61, 61, 0.09],
  'db-password': [40, 2, 0.01],
  'github-token': [33, 33, 5],
  id_ed25519: [21, 21, undefined],
  's3.backup.key': [3, 3, 1],
};

async function age(): Promise<void> {
  const database = openDatabase((await site()).stack.databaseFile);
  const now = Date.now();
  for (const [name, [made, changed, used]] of Object.entries(ages)) {
    const newest = database('secrets').where({ name }).orderBy('created_at', 'desc').limit(1).select('id');
    await database('secrets')
      .whereIn('id', newest)
      .update({
        created_at: now - made * DAY_MS,
        modified_at: now - changed * DAY_MS,
        last_used_at: used === undefined ? null : now - used * DAY_MS,
      });
  }
  await database.destroy();
}
