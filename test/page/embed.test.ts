import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { Page } from 'playwright-core';
import { giveName, loggedIn, newContext, newName, site } from './browser.ts';
import { answerOf, launchUrl, openLauncher, withSecrets } from './launching.ts';

/** From the frame's button, by keyboard. */
async function windowOf(page: Page): Promise<Page> {
  const link = page.frameLocator('iframe').getByRole('link', { name: 'Choose in a window' });
  await link.focus();
  const [opened] = await Promise.all([page.context().waitForEvent('page'), link.press('Enter')]);
  return opened;
}

async function give(chooser: Page, name: string): Promise<void> {
  await chooser.getByLabel(name, { exact: true }).check();
  await chooser.getByRole('button', { name: 'Give these secrets' }).click();
}

/** What the frame's own window would tell it, for a launcher of this origin. */
function forged(to: string): string {
  return JSON.stringify({
    type: 'twofold-launch-relayed',
    to,
    answer: { type: 'twofold-launch', ticket: 'forged' },
  });
}

describe('choosing secrets inside a launcher’s page', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('happens in the frame itself, where its site is the console’s', async () => {
    const page = await withSecrets();
    await openLauncher(page, 'embed', await launchUrl());
    const frame = page.frameLocator('iframe');
    await frame.getByLabel('aws-key', { exact: true }).check();
    await frame.getByRole('button', { name: 'Give these secrets' }).click();
    expect((await answerOf(page)).annotations['twofold.dev/secrets']).to.equal('aws-key');
    await page.context().close();
  });

  for (const where of ['listed', 'foreign'] as const) {
    it(`happens in a window that logs in and closes, on ${where === 'foreign' ? 'another site' : 'the same site'}`, async () => {
      const name = newName();
      await (await withSecrets({}, name)).context().close();
      const page = await (await newContext()).newPage();
      const { [where]: origin } = (await site()).launchers;
      await openLauncher(page, 'embed', await launchUrl(), origin);
      const chooser = await windowOf(page);
      await giveName(chooser, name);
      await Promise.all([chooser.waitForEvent('close'), give(chooser, 'token')]);
      const answer = await answerOf(page);
      expect(decodeJwt(answer.ticket)['secrets']).to.deep.equal(['token']);
      expect(answer.annotations['twofold.dev/secrets']).to.equal('token');
      const frame = page.frameLocator('iframe');
      await frame.getByText('Your launcher has what it needs.').waitFor();
      expect(await frame.getByRole('link', { name: 'Choose in a window' }).count()).to.equal(0);
      await page.context().close();
    });
  }

  it('needs the window on another site although there is a login, and posts a form from it', async () => {
    const page = await withSecrets();
    const { launchers } = await site();
    const target = await launchUrl({ mode: 'form', return_to: `${launchers.foreign}/return?for=ada` });
    await openLauncher(page, 'show', target, launchers.foreign);
    const chooser = await windowOf(page);
    await give(chooser, 'token');
    await chooser.waitForURL(`${launchers.foreign}/return?for=ada`);
    const annotations = launchers.returned.pop()?.get('annotations') ?? '{}';
    expect(JSON.parse(annotations)).to.include({ 'twofold.dev/secrets': 'token' });
    await page.context().close();
  });

  it('accepts an answer only from the window that its frame opened', async () => {
    const page = await withSecrets();
    const { launchers } = await site();
    await openLauncher(page, 'embed', await launchUrl(), launchers.foreign);
    const inFrame = `frames[0].postMessage(${forged(launchers.foreign)}, '*')`;
    // The launcher itself, then the page that opened it, then a window of the console's that another one opened.
    await page.evaluate(inFrame);
    const opening = `void (globalThis.opened = open(${JSON.stringify(page.url())}))`;
    const attacker = await page.context().newPage();
    await attacker.goto(launchers.unlisted);
    const [opened] = await Promise.all([attacker.waitForEvent('popup'), attacker.evaluate(opening)]);
    await opened.frameLocator('iframe').getByRole('link', { name: 'Choose in a window' }).waitFor();
    await attacker.evaluate(`opened.${inFrame}`);
    const [other] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`void open(${JSON.stringify(await launchUrl())})`),
    ]);
    await other.waitForLoadState();
    await other.evaluate(`opener.${inFrame}`);
    // The frame's own window, while it is at another place, as it is for a login.
    const own = await windowOf(page);
    await own.goto(launchers.unlisted);
    await own.evaluate(`opener.postMessage(${forged(launchers.foreign)}, '*')`);
    await page.waitForTimeout(500);
    expect([await page.title(), await opened.title()]).to.deep.equal(['Launcher', 'Launcher']);
    // From the place where it may: the others did not fail for another reason.
    await own.goto(await launchUrl());
    await own.evaluate(`opener.postMessage(${forged(launchers.foreign)}, location.origin)`);
    expect((await answerOf(page)).ticket).to.equal('forged');
    await page.context().close();
  });

  it('answers only a page of the requested origin, listed or not', async () => {
    const page = await withSecrets();
    const { launchers } = await site();
    // The address is one for the listed launcher; another listed one embeds it.
    await openLauncher(page, 'show', await launchUrl(), launchers.foreign);
    await page.evaluate(`void addEventListener('message', () => { document.title = 'heard'; })`);
    const chooser = await windowOf(page);
    await Promise.all([chooser.waitForEvent('close'), give(chooser, 'token')]);
    await page.frameLocator('iframe').getByText('Your launcher has what it needs.').waitFor();
    await page.waitForTimeout(300);
    expect(await page.title()).to.equal('Launcher');
    await page.context().close();
  });

  it('is not possible inside an unlisted page, nor is any other page inside a listed one', async () => {
    const page = await loggedIn();
    const { launchers, url } = await site();
    for (const [origin, target] of [
      [launchers.unlisted, await launchUrl()],
      [launchers.listed, `${url}/secrets`],
    ] as const) {
      await openLauncher(page, 'show', target, origin);
      const [, frame] = page.frames();
      await page.waitForTimeout(300);
      expect(await frame?.content(), target).to.not.contain('Twofold');
    }
    await page.context().close();
  });
});
