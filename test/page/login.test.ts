import { expect } from 'chai';
import { giveName, loggedIn, newContext, newName, sessionCookie, site } from './browser.ts';

describe('logging in on the page', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('leads from the first page through the provider to the list, and shows who it is', async () => {
    const name = newName();
    const page = await (await newContext()).newPage();
    await page.goto('/');
    await page.getByRole('link', { name: 'Log in' }).click();
    await giveName(page, name);
    await page.getByRole('heading', { name: 'My secrets', exact: true }).waitFor();
    expect(await page.locator('.person').innerText()).to.contain(name);
    await page.context().close();
  });

  it('leads back to the page that was asked for', async () => {
    const page = await (await newContext()).newPage();
    await page.goto('/activity');
    await giveName(page, newName());
    await page.waitForURL('**/activity');
    await page.context().close();
  });

  it('keeps the session in a cookie that scripts and other hosts cannot have', async () => {
    const page = await loggedIn();
    const cookie = (await page.context().cookies()).find(({ name }) => name === '__Host-twofold');
    expect(cookie).to.include({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
    expect(await page.evaluate('document.cookie')).to.equal('');
    await page.context().close();
  });

  it('ends at logout, here and at the provider, and a cookie that was copied before ends with it', async () => {
    const page = await loggedIn();
    const stolen = await sessionCookie(page.context());
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are logged out.').waitFor();
    const thief = await newContext();
    const { url } = await site();
    await thief.addCookies([{ name: '__Host-twofold', value: stolen, url, secure: true, httpOnly: true }]);
    const tried = await thief.newPage();
    await tried.goto('/secrets');
    expect(tried.url()).to.not.contain(url);
    // The provider has forgotten the person too.
    await page.goto('/secrets');
    await page.getByLabel('Name').waitFor();
    await page.context().close();
    await thief.close();
  });
});
