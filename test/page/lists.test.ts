import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { add, loggedIn, site } from './browser.ts';
import { multiply } from './rows.ts';

async function firstNames(page: Page, count: number): Promise<string[]> {
  return (await page.locator('tbody th a').allInnerTexts()).slice(0, count);
}

describe('the list of secrets', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('says what was stored until that is dismissed, and whose list it is on a phone too', async () => {
    const page = await loggedIn({ viewport: { width: 375, height: 667 } }, 'Grace Hopper');
    await add(page, 'said', 'v');
    await page.getByRole('status').getByText('said is stored').waitFor();
    const name = await page.getByText('Grace Hopper').boundingBox();
    expect(name?.width, 'the name is seen').to.be.greaterThan(80);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    expect(await page.getByText('said is stored').count()).to.equal(0);
    expect(await page.evaluate('document.activeElement.id')).to.equal('content');
    await page.goto('/new');
    const field = page.getByLabel('Value', { exact: true });
    for (const ignored of ['1p-ignore', 'bwignore', 'lpignore', 'protonpass-ignore', 'form-type'])
      expect(await field.getAttribute(`data-${ignored}`), ignored).to.not.equal(null);
    await page.context().close();
  });

  it('is sorted by its headings, and leads to the pages before and after, which say where they are', async () => {
    const page = await loggedIn({ javaScriptEnabled: false });
    await add(page, 'original', 'longer');
    await page.waitForURL('**/secrets');
    expect(await page.getByRole('link', { name: 'Size' }).count(), 'one secret is sorted').to.equal(0);
    await multiply('original', 205, { size: 3, expires_at: Date.now() + 86_400_000 });
    await page.goto('/secrets?page=3');
    await page.getByText('201–206 of 206 secrets').waitFor();
    expect(await page.getByRole('link', { name: 'Next page' }).count()).to.equal(0);
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.getByText('101–200 of 206 secrets').waitFor();
    await page.getByText('Page 2 of 3').waitFor();
    expect(await firstNames(page, 1)).to.deep.equal(['copy-0100']);
    await page.getByRole('link', { name: 'Size' }).click();
    await page.getByText('1–100 of 206 secrets').waitFor();
    expect(await firstNames(page, 2)).to.deep.equal(['original', 'copy-0000']);
    await page
      .getByRole('columnheader', { name: 'Size' })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor();
    await page.getByRole('link', { name: 'Expires' }).click();
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'Next page' }).click();
    expect((await firstNames(page, 10)).at(-1), 'what never expires').to.equal('original');
    await page.getByLabel('Find by name').fill('copy');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('1–100 of 205 secrets').waitFor();
    expect(page.url()).to.contain('sort=expires').and.not.to.contain('page=');
    await page.context().close();
  });
});
