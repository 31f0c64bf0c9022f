import { expect } from 'chai';
import { get } from 'node:http';
import { loggedIn, site, violated } from './browser.ts';

async function metrics(): Promise<string> {
  const { healthPort } = await site();
  return await new Promise((resolve, reject) => {
    get(`http://127.0.0.1:${healthPort}/metrics`, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.once('end', () => resolve(body));
    }).once('error', reject);
  });
}

/** Last of all files: what came before was normal use. */
describe('violations of the page’s policy', function () {
  this.timeout(60_000);

  it('were reported by no browser in all these tests, and would have been counted', async () => {
    const count = async (): Promise<number> =>
      Number(/^twofold_console_csp_reports_total (\d+)$/m.exec(await metrics())?.[1]);
    const page = await loggedIn();
    // The two frames that were refused are the attack in launch.test.ts.
    const own = violated.filter((report) => !report.includes('"violated-directive":"frame-ancestors"'));
    expect(own).to.deep.equal([]);
    const before = await count();
    const reported = page.waitForResponse('**/csp-report');
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'x' }))`,
    );
    await reported;
    expect(await page.evaluate('window.pwned'), 'a script that is not the page’s own').to.equal(undefined);
    expect(await count()).to.equal(before + 1);
    await page.context().close();
  });
});
