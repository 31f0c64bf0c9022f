import { giveName, loggedIn, newContext, newName, site } from './browser.ts';
import { look } from './looks.ts';

describe('every state of the page looks right and is accessible', function () {
  this.timeout(60_000);
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
        .setInputFiles({ name, mimeType: '', buffer: Buffer.alloc(bytes, 7) });
      if (name === 'id_ed25519') {
        await page.getByLabel('Last day of use').fill('2027-03-31');
        await look(page, 'add-file');
      }
      await page.getByRole('button', { name: 'Store the secret' }).click();
      await page.waitForURL('**/secrets');
    }
    await page.reload();
    await look(page, 'list');
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
    await page.context().close();
  });
});
