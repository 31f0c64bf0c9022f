import { join } from 'node:path';
import { artifacts, loggedIn, site, add } from './browser.ts';
import { look } from './looks.ts';
describe('tmp', function () {
  this.timeout(300_000);
  before(async () => { await site(); });
  it('looks', async () => {
    const page = await loggedIn({}, 'Ada Lovelace');
    await add(page, 'github-token', 'x');
    await page.waitForURL('**/secrets');
    await page.goto('/import');
    await look(page, 'import');
    const imported = `DB_PASSWORD="correct horse"\nTOKEN=abc # of ${'the portal '.repeat(9)}\nEMPTY=\ngithub-token=${'t'.repeat(99)}\n`;
    const long = `${'LONG_'.repeat(50)}=${'v'.repeat(300)}\n`;
    for (const [state, more] of [['import-preview', ''],['import-refused', 'not a pair\nKEY=-----BEGIN X-----\n']] as const) {
      await page.getByLabel('Content').fill(imported + long + more);
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByRole('heading', { name: 'What will happen' }).waitFor();
      if (state==='import-refused') await page.getByLabel('Show values').check();
      await look(page, state);
      await page.setViewportSize({ width: 375, height: 800 });
      await page.screenshot({ path: join(artifacts, `${state}-375.png`), fullPage: true });
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.getByRole('button', { name: 'Change the text' }).click();
    }
    await page.context().close();
  });
});
