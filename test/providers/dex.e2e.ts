import { expect } from 'chai';
import { dex } from './dex.ts';
import { logInOnPage, startStage, storeOnPage, type Stage } from './stage.ts';

/** Not within the cluster: Chromium gives up what it loads whenever a pod comes or goes there (ERR_NETWORK_CHANGED). */
describe('a real Dex', function () {
  this.timeout(300_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage(dex);
  });
  after(() => stage.stop());

  it('logs a person in on the page, as the same owner each time', async () => {
    const first = await logInOnPage(stage, dex);
    await storeOnPage(first, 'of-the-page', 'v');
    await first.getByRole('button', { name: 'Log out' }).click();
    await first.getByText('You are logged out.').waitFor();
    await first.context().close();
    const second = await logInOnPage(stage, dex);
    await second.getByRole('rowheader', { name: 'of-the-page' }).waitFor();
    expect(await second.locator('.person').innerText()).to.contain('ada');
    await second.context().close();
  });

  it('gives the command line a token that is an ID token: it is refused, and the person reads why', async () => {
    // With a code: it redirects to no loopback address.
    const { exitCode, stdout, stderr } = await stage.twofold(['login'], async (url) => {
      const page = await (await stage.context()).newPage();
      await page.goto(url);
      await page.getByRole('button', { name: 'Submit' }).click();
      await dex.logIn(page);
      await page.getByText('Login Successful').waitFor();
      await page.context().close();
    });
    expect([exitCode, stdout]).to.deep.equal([3, '']);
    expect(stderr)
      .to.contain('The identity provider logged you in, but the console does not accept its token')
      .and.to.contain('is an ID token, not an access token')
      .and.to.contain('docs/providers.md');
    const { exitCode: after } = await stage.twofold(['whoami']);
    expect(after, 'nothing was kept').to.equal(3);
  });
});
