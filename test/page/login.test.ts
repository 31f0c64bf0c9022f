import { expect } from 'chai';
import {
  add,
  endSessions,
  giveName,
  listed,
  loggedIn,
  newContext,
  newName,
  sessionCookie,
  site,
  store,
  value,
} from './browser.ts';

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

  it('keeps the session in a cookie that scripts and other hosts cannot get', async () => {
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

describe('secrets on the page, while logins begin and end', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('survive a login that ends while they are typed: log in in another tab, and it is stored', async () => {
    const page = await loggedIn();
    await page.goto('/new');
    await endSessions();
    await page.getByLabel('Name').fill('late');
    await value(page).fill('still here');
    await store(page);
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('dialog').getByRole('link', { name: 'Log in' }).click(),
    ]);
    // The provider still knows who it is.
    await other.waitForEvent('close').catch(() => undefined);
    await page.waitForURL('**/secrets');
    expect(await listed(page)).to.deep.equal({ late: '10 bytes' });
    await page.context().close();
  });

  it('survive it without JavaScript: the form comes back as it was, and is sent again', async () => {
    const page = await loggedIn({ javaScriptEnabled: false });
    await page.goto('/new');
    await endSessions();
    await page.getByLabel('Name').fill('late');
    await value(page).fill('still here');
    await store(page);
    await page.getByText('Nothing is lost').waitFor();
    expect(await value(page).inputValue()).to.equal('still here');
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Log in in another tab' }).click(),
    ]);
    await other.getByText('You are logged in').waitFor();
    await store(page);
    await page.getByText('send the form once more').waitFor();
    await store(page);
    await page.waitForURL('**/secrets');
    expect(await listed(page)).to.deep.equal({ late: '10 bytes' });
    await page.context().close();
  });

  it('are shown to a person who stays logged in while the console restarts', async () => {
    const page = await loggedIn();
    await add(page, 'kept', 'v');
    await page.waitForURL('**/secrets');
    await (await site()).stack.restart('console');
    expect(await listed(page)).to.deep.equal({ kept: '1 byte' });
    await page.context().close();
  });

  it('are somebody else’s in another browser', async () => {
    const page = await loggedIn();
    await add(page, 'mine', 'v');
    await page.waitForURL('**/secrets');
    const other = await loggedIn();
    expect(await listed(other)).to.deep.equal({});
    await other.goto('/secret/mine');
    await other.getByText('You have no secret mine').waitFor();
    await page.context().close();
    await other.context().close();
  });
});
