import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { add, loggedIn, site } from './browser.ts';
import { answerOf, openLauncher } from './launching.ts';

describe('the main job, by the page alone', function () {
  this.timeout(60_000);
  before(() => site());

  it('brings what was sealed in the browser into the files of the session that it was chosen for', async () => {
    const { drill, launchers, url } = await site();
    const page = await loggedIn();
    const [typed, bytes] = [`typed ${randomBytes(8).toString('hex')}\nü`, randomBytes(65_536)];
    await add(page, 'db-password', typed);
    await page.waitForURL('**/secrets');
    await page.goto('/new?name=key.bin');
    await page.locator('#file').setInputFiles({ name: 'key.bin', mimeType: '', buffer: bytes });
    await page.getByRole('button', { name: 'Store the secret' }).click();
    await page.waitForURL('**/secrets');

    const target = `${url}/launch?${new URLSearchParams({ namespace: 'fx-dev', return_to: launchers.listed }).toString()}`;
    await openLauncher(page, 'choose', target);
    const [popup] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('button', { name: 'Choose secrets' }).click(),
    ]);
    await popup.getByLabel('db-password', { exact: true }).check();
    await popup.getByLabel('key.bin', { exact: true }).check();
    await popup.getByLabel('File name for key.bin').fill('keys/main');
    await popup.getByRole('button', { name: 'Give these secrets' }).click();
    const { annotations } = await answerOf(page);

    const pod = await drill.admitPod(annotations);
    const { exitCode, message, files } = await drill.runPod(pod);
    expect([exitCode, message]).to.deep.equal([0, '']);
    expect(files['db-password']?.toString()).to.equal(typed);
    expect(files['keys/main']).to.deep.equal(bytes);

    await page.goto(`${url}/secret/db-password`);
    const delivered = page.getByRole('row').filter({ hasText: 'Delivered to a session' });
    expect(await delivered.innerText()).to.contain(`fx-dev/${pod.metadata.name ?? ''}`);
    await page.goto(`${url}/secrets`);
    expect(await page.locator('td[data-label="Last used"]').first().innerText()).to.equal('just now');

    await page.goto(`${url}/tickets`);
    const ticket = page.getByRole('row').filter({ hasText: 'fx-dev/any pod' });
    expect(await ticket.locator('td').allInnerTexts()).to.deep.include.members([
      'valid',
      'db-password, key.bin',
      '1',
    ]);
    await ticket.getByRole('link', { name: 'fx-dev/any pod', exact: true }).click();
    await page.getByRole('link', { name: pod.metadata.name ?? '', exact: true }).click();
    const done = page.locator('.records strong');
    expect(await done.allInnerTexts()).to.deep.equal(['Delivered to a session', 'Session admitted']);
    await page.goto(`${url}/secret/key.bin`);
    await page.getByRole('link', { name: 'Everything about key.bin' }).click();
    expect(await done.allInnerTexts()).to.deep.equal([
      'Delivered to a session',
      'Session admitted',
      'Chosen for a session',
      'Added',
    ]);
    await page.getByRole('link', { name: 'ticket', exact: true }).click();
    await page.getByRole('button', { name: 'Revoke the ticket' }).click();
    await page.getByText('The ticket is revoked.').waitFor();
    expect(await ticket.locator('td').first().innerText()).to.equal('revoked');
    const refused = await drill.admitPod(annotations).then(String, String);
    expect(refused).to.contain('ticket_revoked');
    await page.context().close();
  });
});
