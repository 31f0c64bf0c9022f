import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { endSessions, giveName, loggedIn, newContext, newName, openDatabase, site } from './browser.ts';
import { answerOf, chooserOf, launchUrl, openLauncher, openWindow, withSecrets } from './launching.ts';
import { look, lookOnly } from './looks.ts';
import { multiply } from './rows.ts';

/** Whether all of it is in the window, without scrolling. */
async function visible(element: Locator): Promise<boolean> {
  const [box, size] = [await element.boundingBox(), element.page().viewportSize()];
  return box !== null && size !== null && box.y >= 0 && box.y + box.height <= size.height;
}

describe('choosing secrets for a session', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('ticks nothing by itself, and gives the opener a ticket with all annotations in a message', async () => {
    const page = await withSecrets();
    await openLauncher(page, 'choose', await launchUrl({ containers: 'notebook' }));
    const [popup] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('button', { name: 'Choose secrets' }).click(),
    ]);
    expect(await popup.locator('input[name=pick]:checked').count()).to.equal(0);
    await popup.getByRole('button', { name: 'Give these secrets' }).click();
    await popup.getByText('Tick at least one secret').waitFor();
    await popup.getByLabel('db-password', { exact: true }).check();
    await popup.getByLabel('How db-password is given').selectOption('variable');
    expect(await popup.getByLabel('File or variable name for db-password').inputValue()).to.equal(
      'DB_PASSWORD',
    );
    await popup.getByLabel('aws-key', { exact: true }).check();
    await popup.getByLabel('File or variable name for aws-key').fill('aws/key');
    await popup.getByLabel('Folder of the files').fill('/etc/x');
    await popup.getByText('belongs to the image').waitFor();
    await popup.getByLabel('Folder of the files').fill('/home/ada/secrets');
    const visited: string[] = [];
    popup.on('framenavigated', (frame) => visited.push(frame.url()));
    await popup.getByRole('button', { name: 'Give these secrets' }).click();
    await page.waitForFunction('document.title === "answered"');
    const answer = await answerOf(page);
    expect(answer.annotations).to.deep.equal({
      'twofold.dev/secrets': 'aws-key=aws/key',
      'twofold.dev/env': 'DB_PASSWORD=db-password',
      'twofold.dev/mount-path': '/home/ada/secrets',
      'twofold.dev/containers': 'notebook',
      'twofold.dev/ticket': answer.ticket,
    });
    expect(decodeJwt(answer.ticket)).to.deep.include({
      ns: 'fx-dev',
      sa: 'default',
      pod: 'jupyter-*',
      secrets: ['aws-key', 'db-password'],
    });
    expect(visited.join()).to.contain('/launch?').and.not.contain(answer.ticket.slice(0, 20));
    await page.context().close();
  });

  it('keeps what is ticked in sight: its count, its names and the buttons, whatever is searched', async () => {
    const page = await withSecrets();
    await multiply('token', 127);
    const chooser = await openWindow(page, await launchUrl());
    await chooser.setViewportSize({ width: 320, height: 640 });
    const [give, count] = [
      chooser.getByRole('button', { name: 'Give these secrets' }),
      chooser.locator('.ticked p'),
    ];
    await chooser.getByText('Nothing is ticked.').waitFor();
    expect(await visible(give)).to.equal(true);
    for (const name of ['token', 'copy-0100']) await chooser.getByLabel(name, { exact: true }).check();
    expect(await count.innerText()).to.equal('2 of 130 secrets ticked:');
    await chooser.getByLabel('Find by name').fill('DB-');
    await chooser.getByText('1 of 130 names match').waitFor();
    const listed = chooser.locator('.picks .pick:visible');
    expect(await listed.allInnerTexts()).to.deep.equal(['copy-0100', 'db-password', 'token']);
    const chips = chooser.getByRole('list', { name: 'Ticked secrets' }).getByRole('button');
    expect(await chips.allInnerTexts()).to.deep.equal(['copy-0100', 'token']);
    for (const seen of [give, count, chips.first()]) expect(await visible(seen)).to.equal(true);
    await look(chooser, 'launch-many');
    // By keyboard, which stays among the names, and then at the button.
    await chips.first().focus();
    await chooser.keyboard.press('Enter');
    expect(await chooser.evaluate('document.activeElement.textContent')).to.equal('token');
    await chooser.keyboard.press('Enter');
    expect(await chooser.evaluate('document.activeElement.textContent')).to.equal('Give these secrets');
    expect(await count.innerText()).to.equal('Nothing is ticked.');
    expect(await chooser.locator('input[name=pick]:checked').count()).to.equal(0);
    await page.context().close();
  });

  for (const where of ['window', 'frame'] as const)
    it(`can be declined in a ${where}: the promise of the docs’ example settles`, async () => {
      const page = await withSecrets();
      const begin = async (): Promise<Page | FrameLocator> => {
        await openLauncher(page, where === 'window' ? 'choose' : 'embed', await launchUrl());
        return where === 'window' ? await chooserOf(page) : page.frameLocator('iframe');
      };
      await (await begin()).getByRole('button', { name: 'Start without secrets' }).click();
      expect(await answerOf(page)).to.deep.equal({ type: 'twofold-launch', annotations: {} });
      await (await begin()).getByRole('button', { name: 'Cancel' }).click();
      expect(await answerOf(page)).to.equal(undefined);
      if (where === 'window') {
        const chooser = (await begin()) as Page;
        await chooser.getByLabel('token', { exact: true }).check();
        await chooser.close();
        expect(await answerOf(page)).to.equal(undefined);
      }
      await page.context().close();
    });

  it('can be declined without a login, in a frame of another site, and in the window that it opens', async () => {
    const name = newName();
    const page = await (await newContext()).newPage();
    const { launchers } = await site();
    await openLauncher(page, 'embed', await launchUrl(), launchers.foreign);
    await page.frameLocator('iframe').getByRole('button', { name: 'Cancel' }).click();
    expect(await answerOf(page)).to.equal(undefined);
    await openLauncher(page, 'embed', await launchUrl(), launchers.foreign);
    const link = page.frameLocator('iframe').getByRole('link', { name: 'Choose in a window' });
    const [chooser] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await giveName(chooser, name);
    await chooser.getByRole('button', { name: 'Cancel' }).click();
    expect(await answerOf(page)).to.equal(undefined);
    await page.frameLocator('iframe').getByText('You have cancelled').waitFor();
    await page.context().close();
  });

  it('keeps everything where the console does not answer, or the login ends, and then goes on', async () => {
    const name = newName();
    const page = await withSecrets({}, name);
    await openLauncher(page, 'choose', await launchUrl());
    const chooser = await chooserOf(page);
    await chooser.getByLabel('token', { exact: true }).check();
    const give = chooser.getByRole('button', { name: 'Give these secrets' });
    await chooser.route('**/session', (route) => route.abort());
    await give.click();
    await chooser.getByText('The console does not answer.').waitFor();
    await chooser.unroute('**/session');
    await endSessions();
    await give.click();
    const [login] = await Promise.all([
      page.context().waitForEvent('page'),
      chooser.getByRole('dialog').getByRole('link', { name: 'Log in' }).click(),
    ]);
    await login.getByRole('heading', { name: 'You are logged in' }).waitFor();
    await chooser
      .getByRole('dialog')
      .getByRole('button', { name: 'Continue' })
      .click({ timeout: 2_000 })
      .catch(() => undefined); // or it has gone on by itself
    expect((await answerOf(page)).annotations['twofold.dev/secrets']).to.equal('token');
    await page.context().close();
  });

  it('keeps everything where the console fails, and is itself again afterwards', async () => {
    const page = await withSecrets();
    await openLauncher(page, 'embed', await launchUrl());
    const frame = page.frameLocator('iframe');
    await frame.getByLabel('token', { exact: true }).check();
    await frame.getByLabel('File or variable name for token').fill('t/oken');
    const database = openDatabase((await site()).stack.databaseFile);
    await database.schema.renameTable('tickets', 'mislaid');
    await frame.getByRole('button', { name: 'Give these secrets' }).click();
    await frame.getByText('What you ticked is still here.').waitFor();
    await look(page, 'launch-failed', page.frames()[1]);
    await database.schema.renameTable('mislaid', 'tickets');
    await database.destroy();
    await frame.getByRole('button', { name: 'Try again' }).click();
    expect((await answerOf(page)).annotations['twofold.dev/secrets']).to.equal('token=t/oken');
    await page.context().close();
  });

  for (const javaScriptEnabled of [true, false]) {
    it(`returns by a form that is posted, ${javaScriptEnabled ? 'immediately' : 'without JavaScript on a click'}`, async () => {
      const page = await withSecrets({ javaScriptEnabled });
      const { launchers } = await site();
      await page.goto(await launchUrl({ mode: 'form', return_to: `${launchers.listed}/return?for=ada` }));
      await page.getByLabel('token', { exact: true }).check();
      await page.getByRole('button', { name: 'Give these secrets' }).click();
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Return to the launcher' }).click();
      await page.waitForURL(`${launchers.listed}/return?for=ada`);
      const form = launchers.returned.pop();
      const ticket = form?.get('ticket') ?? '';
      expect(JSON.parse(form?.get('annotations') ?? '{}')).to.deep.equal({
        'twofold.dev/secrets': 'token',
        'twofold.dev/ticket': ticket,
      });
      expect(page.url()).to.not.contain('ticket');
      for (const [button, fields] of [
        ['Start without secrets', 'annotations={}'],
        ['Cancel', 'error=access_denied'],
      ] as const) {
        await page.goto(await launchUrl({ mode: 'form', return_to: `${launchers.listed}/return` }));
        await page.getByRole('button', { name: button }).click();
        await page.waitForURL(`${launchers.listed}/return`);
        expect(decodeURIComponent(launchers.returned.pop()?.toString() ?? '')).to.equal(fields);
      }
      await page.context().close();
    });
  }

  it('keeps everything that was ticked and typed while a login ends, without JavaScript', async () => {
    const page = await withSecrets({ javaScriptEnabled: false });
    const { launchers } = await site();
    await page.goto(await launchUrl({ mode: 'form', return_to: `${launchers.listed}/return` }));
    await page.getByLabel('db-password', { exact: true }).check();
    await page.getByLabel('How db-password is given').selectOption('variable');
    await page.getByLabel('File or variable name for db-password').fill('PGPASSWORD');
    await page.getByLabel('aws-key', { exact: true }).check();
    await page.getByLabel('File or variable name for aws-key').fill('aws/key');
    await page.getByLabel('Folder of the files').fill('/home/ada/secrets');
    await endSessions();
    await page.getByRole('button', { name: 'Give these secrets' }).click();
    await lookOnly(page, 'launch-expired');
    const [login] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Log in' }).click(),
    ]);
    await login.getByRole('heading', { name: 'You are logged in' }).waitFor();
    await page.getByRole('button', { name: 'I have logged in' }).click();
    // Shown again before it is given: the login may have been somebody else's.
    expect(await page.locator('input[name=pick]:checked').count()).to.equal(2);
    await lookOnly(page, 'launch-again');
    await page.getByRole('button', { name: 'Give these secrets' }).click();
    await page.getByRole('button', { name: 'Return to the launcher' }).click();
    await page.waitForURL(`${launchers.listed}/return`);
    const annotations: unknown = JSON.parse(launchers.returned.pop()?.get('annotations') ?? '{}');
    expect(annotations).to.deep.include({
      'twofold.dev/secrets': 'aws-key=aws/key',
      'twofold.dev/env': 'PGPASSWORD=db-password',
      'twofold.dev/mount-path': '/home/ada/secrets',
    });
    await page.context().close();
  });

  it('refuses to return anywhere else, whatever the address looks like', async () => {
    const page = await loggedIn();
    const { launchers } = await site();
    const host = new URL(launchers.listed).host;
    for (const return_to of [
      launchers.unlisted,
      `https://user@${host}`,
      `https://${host}.example.org`,
      `http://${host}`,
      'javascript:alert(1)',
      '//evil.example.org',
      '',
    ]) {
      const response = await page.goto(await launchUrl({ return_to }));
      expect(response?.status(), return_to).to.equal(400);
    }
    // A launcher's author reads what is wrong where they look: in their own frame.
    await openLauncher(page, 'show', await launchUrl({ namespace: '' }));
    await page.frameLocator('iframe').getByText('The parameter namespace is missing.').waitFor();
    await page.context().close();
  });
});
