import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { endSessions, loggedIn, site } from './browser.ts';
import { answerOf, launchUrl, openLauncher, withSecrets } from './launching.ts';
import { lookOnly } from './looks.ts';

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
    await page.context().close();
  });
});
