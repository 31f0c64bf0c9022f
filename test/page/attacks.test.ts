import { expect } from 'chai';
import type { BrowserContext } from 'playwright-core';
import { add, listed, loggedIn, newContext, newName, sessionCookie, site } from './browser.ts';

const markup = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

describe('the page under attack', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('never runs markup of a name, a value, a person or an address', async () => {
    const page = await loggedIn({}, `${markup}-${newName()}`);
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const encoded = encodeURIComponent(markup);
    await add(page, 'xss', markup);
    await page.waitForURL('**/secrets');
    const addresses = [
      '/secrets',
      '/secret/xss',
      '/activity',
      `/new?name=${encoded}`,
      `/secrets?filter=${encoded}`,
      `/secrets?sort=${encoded}`,
      `/secret/${encoded}`,
      `/${encoded}`,
      `/launch?return_to=${encoded}`,
      `/login/callback?error=${encoded}&error_description=${encoded}&state=x`,
      `/activity?after=${encoded}`,
    ];
    for (const address of addresses) {
      await page.goto(address);
      expect(await page.evaluate('window.pwned'), address).to.equal(undefined);
      expect(await page.locator('img, script:not([src])').count(), address).to.equal(0);
    }
    await page.goto('/import');
    await page.getByLabel('Content').fill(`A=1\n${markup}=2\n`);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'What will happen' }).waitFor();
    expect(await page.locator('img').count()).to.equal(0);
    expect(dialogs).to.deep.equal([]);
    await page.context().close();
  });

  it('never runs markup in a form that comes back without JavaScript', async () => {
    const page = await loggedIn({ javaScriptEnabled: false });
    await add(page, markup, `</textarea>${markup}`);
    expect(await page.getByLabel('Name').inputValue()).to.equal(markup);
    expect(await page.getByLabel('Value', { exact: true }).inputValue()).to.equal(`</textarea>${markup}`);
    expect(await page.locator('img').count()).to.equal(0);
    await page.context().close();
  });

  it('accepts no form from another origin, not even one of its own site with its cookies', async () => {
    const page = await loggedIn();
    const { url, launchers } = await site();
    const target = new URLSearchParams({ how: 'post', target: `${url}/new` });
    await page.goto(`${launchers.unlisted}/?${target.toString()}`);
    const [response] = await Promise.all([
      page.waitForResponse((answer) => answer.url() === `${url}/new`),
      page.getByRole('button', { name: 'go' }).click(),
    ]);
    expect(response.status()).to.equal(403);
    expect(await listed(page)).to.deep.equal({});
    await page.context().close();
  });

  it('accepts no call from its script without the token of the session', async () => {
    const page = await loggedIn();
    const status = (headers: string): Promise<unknown> =>
      page.evaluate(`fetch('/page/v1/secrets', { headers: ${headers} }).then(({ status }) => status)`);
    expect(await status('{}')).to.equal(401);
    expect(await status('{ "x-twofold-csrf": "x" }')).to.equal(401);
    expect(await status('{ "x-twofold-csrf": document.body.dataset.csrf }')).to.equal(200);
    expect(await page.evaluate(`fetch('/api/v1/secrets').then(({ status }) => status)`)).to.equal(401);
    await page.context().close();
  });

  it('logs nobody in by a link: the login must have begun in this browser', async () => {
    const attacker = await newContext();
    const callback = await callbackOf(attacker, newName());
    const victim = await (await newContext()).newPage();
    const response = await victim.goto(callback);
    expect(response?.status()).to.equal(400);
    expect(await victim.context().cookies()).to.not.satisfy((cookies: { name: string }[]) =>
      cookies.some(({ name }) => name === '__Host-twofold'),
    );
    await attacker.close();
    await victim.context().close();
  });

  it('opens a new session at each login, and ends the one that was there', async () => {
    const name = newName();
    const page = await loggedIn({}, name);
    const before = await sessionCookie(page.context());
    await page.goto('/login');
    await page.waitForURL('**/secrets');
    expect(await sessionCookie(page.context())).to.not.equal(before);
    const old = await newContext();
    const { url } = await site();
    await old.addCookies([{ name: '__Host-twofold', value: before, url, secure: true, httpOnly: true }]);
    const tried = await old.newPage();
    await tried.goto('/secrets');
    await tried.getByLabel('Name').waitFor();
    expect(tried.url()).to.not.contain(url);
    await page.context().close();
    await old.close();
  });

  it('leads nowhere else after a login', async () => {
    const { url } = await site();
    const page = await loggedIn();
    for (const to of [
      'https://evil.example.org',
      '//evil.example.org',
      '/\\evil.example.org',
      'javascript:1',
      '/api/v1/secrets',
    ]) {
      await page.goto(`/login?to=${encodeURIComponent(to)}`);
      expect(page.url(), to).to.equal(`${url}/secrets`);
    }
    await page.context().close();
  });
});

/** A login up to its last step: the address that would end it, which nobody has visited. */
async function callbackOf(context: BrowserContext, name: string): Promise<string> {
  const { url } = await site();
  const { request } = context;
  let at = `${url}/login`;
  for (let steps = 0; steps < 10; steps += 1) {
    const interaction = at.includes('/interaction/');
    const answer = interaction
      ? await request.post(at, { form: { username: name }, maxRedirects: 0 })
      : await request.get(at, { maxRedirects: 0 });
    const { location } = answer.headers();
    if (location === undefined) throw new Error(`${at} leads nowhere`);
    at = new URL(location, at).href;
    if (at.startsWith(`${url}/login/callback`)) return at;
  }
  throw new Error('the login does not end');
}
