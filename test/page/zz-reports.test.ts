import { expect } from 'chai';
import { get } from 'node:http';
import { loggedIn, site } from './browser.ts';

const metrics = async (): Promise<string> => {
  const { stack } = await site();
  const { ready } = stack.services.console;
  return await new Promise((resolve, reject) => {
    get(`http://127.0.0.1:${ready['health'] ?? 0}/metrics`, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.once('end', () => resolve(body));
    }).once('error', reject);
  });
};

/** Last of all files: what came before was normal use. */
describe('violations of the page’s policy', function () {
  this.timeout(60_000);

  it('were reported by no browser in all these tests, and would have been counted', async () => {
    const count = async (): Promise<string | undefined> =>
      /^twofold_console_csp_reports_total (\d+)$/m.exec(await metrics())?.[1];
    await site();
    expect(await count()).to.equal('0');
    const page = await loggedIn();
    const reported = page.waitForResponse('**/csp-report');
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'x' }))`,
    );
    await reported;
    expect(await count()).to.equal('1');
    await page.context().close();
  });
});
