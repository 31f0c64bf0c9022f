import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { add, loggedIn, newName, openDatabase, site } from './browser.ts';

/** Cells of the one row of the list, by their column. */
async function onlyRow(page: Page): Promise<Record<string, string>> {
  await page.goto('/secrets');
  const cells = await page.locator('tbody tr td[data-label]').all();
  const pairs = await Promise.all(
    cells.map(async (cell) => [await cell.getAttribute('data-label'), (await cell.innerText()).trim()]),
  );
  return Object.fromEntries(pairs) as Record<string, string>; // pairs of texts
}

describe('what the page shows of secrets', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('is what to do first, where there are none', async () => {
    const page = await loggedIn();
    await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
    await page.getByRole('link', { name: 'Add a secret' }).click();
    await page.waitForURL('**/new');
    await page.context().close();
  });

  it('is name, size, and when each was created, changed, last used and ends', async () => {
    const page = await loggedIn();
    const name = newName();
    await page.goto('/new');
    await page.getByLabel('Last day of use').fill('2099-03-31');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Value', { exact: true }).fill('four');
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await page.waitForURL('**/secrets');
    const row = { Size: '4 bytes', Created: 'just now', Changed: 'just now', 'Last used': 'never' };
    expect(await onlyRow(page)).to.deep.equal({ ...row, Expires: '31 Mar 2099' });
    await page.goto(`/secret/${name}/replace`);
    await page.getByLabel('New value').fill('longer');
    await page.getByLabel('Last day of use').fill('');
    await page.getByRole('button', { name: 'Replace the value' }).click();
    await page.waitForURL('**/secrets');
    const database = openDatabase((await site()).stack.databaseFile);
    const threeDaysAgo = Date.now() - 3 * 86_400_000;
    await database('secrets').where({ name }).update({ created_at: threeDaysAgo });
    await database.destroy();
    expect(await onlyRow(page)).to.deep.equal({
      ...row,
      Size: '6 bytes',
      Created: '3 days ago',
      Expires: 'never',
    });
    await page.context().close();
  });

  it('is never a value, though the console itself has sealed it', async () => {
    const page = await loggedIn({ javaScriptEnabled: false });
    const marker = `m4rk${randomBytes(8).toString('hex')}`;
    await add(page, 'kept', marker);
    await page.getByText('kept is stored').waitFor();
    const seen: string[] = [await page.content()];
    const own = ['', '/replace', '/delete'].map((action) => `/secret/kept${action}`);
    for (const path of [...own, '/secrets', '/activity', '/new?name=kept']) {
      await page.goto(path);
      seen.push(await page.content());
    }
    expect(seen.filter((content) => !content.includes('kept'))).to.deep.equal([]);
    expect(seen.filter((content) => content.includes(marker))).to.deep.equal([]);
    await page.context().close();
  });

  it('is what is wrong with a name while it is typed, and nothing once it is right', async () => {
    const page = await loggedIn();
    await page.goto('/new');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    const problem = page.locator('#name-error');
    await page.getByLabel('Name').pressSequentially('db password');
    expect(await problem.innerText()).to.contain('A name cannot contain spaces');
    for (let n = 0; n < 'password'.length + 1; n += 1) await page.keyboard.press('Backspace');
    await page.keyboard.type('-password');
    expect(await problem.innerText()).to.equal('');
    expect(sent.filter((url) => !url.includes('/assets/'))).to.deep.equal([]);
    await page.context().close();
  });
});
