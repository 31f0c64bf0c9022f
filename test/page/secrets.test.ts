import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { recipeCode, recipes } from '../../console/web/shared/recipes.ts';
import { add, listed, loggedIn, site, store, value } from './browser.ts';
import { launchUrl, openWindow } from './launching.ts';

const withoutScript = { javaScriptEnabled: false };

describe('secrets on the page', function () {
  this.timeout(30_000);
  before(async function () {
    this.timeout(60_000);
    await site();
  });

  it('are sealed in the browser: what is typed is in no request', async () => {
    const page = await loggedIn();
    const marker = randomBytes(12).toString('hex');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.goto('/new');
    await page.getByText('Encrypted in this browser').waitFor();
    await add(page, 'typed', marker);
    await page.getByText('typed is stored').waitFor();
    expect(sent.join('\n')).to.contain('"envelope"').and.not.to.contain(marker);
    expect(await listed(page)).to.deep.equal({ typed: '24 bytes' });
    await page.context().close();
  });

  it('are added, replaced and deleted without JavaScript, byte for byte', async () => {
    const page = await loggedIn(withoutScript);
    await page.goto('/new');
    await page.getByText('The console encrypts the value').waitFor();
    await add(page, 'lines', 'a\nb\n');
    await page.getByText('lines is stored').waitFor();
    await page.goto('/new');
    await page.getByLabel('Name').fill('file');
    const buffer = Buffer.alloc(65_536, 0xff);
    await page.getByLabel('or choose a file').setInputFiles({ name: 'x', mimeType: '', buffer });
    await store(page);
    expect(await listed(page)).to.deep.equal({ file: '64 KiB', lines: '4 bytes' });
    await page.getByRole('link', { name: 'Replace lines' }).click();
    await page.getByLabel('New value').fill('x');
    await page.getByRole('button', { name: 'Replace the value' }).click();
    await page.getByText('lines has a new value').waitFor();
    await page.getByRole('link', { name: 'Delete file' }).click();
    await page.getByRole('button', { name: 'Delete the secret' }).click();
    await page.getByText('file is deleted').waitFor();
    expect(await listed(page)).to.deep.equal({ lines: '1 byte' });
    await page.context().close();
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'by the script' : 'by the console';
    it(`explain a wrong name, a missing value and a duplicate at their fields, ${how}`, async () => {
      const page = await loggedIn({ javaScriptEnabled });
      const problem = (name: string) => page.locator(`#${name}-error`).innerText();
      await page.goto('/new');
      await store(page);
      expect(await problem('name')).to.contain('Give the secret a name');
      expect(await problem('value')).to.contain('Enter the value');
      for (const [name, said] of [
        ['db-password ', 'Remove the space'],
        ['ｄｂ', 'only looks like'],
        ['a/b', 'cannot be part'],
        ['..', 'two'],
        ['x'.repeat(254), '254'],
      ] as const) {
        await page.getByLabel('Name').fill(name);
        await value(page).fill('kept');
        await store(page);
        expect(await problem('name'), name).to.contain(said);
        expect(await value(page).inputValue()).to.equal('kept');
      }
      await add(page, 'twice', 'one');
      await page.waitForURL('**/secrets');
      await add(page, 'twice', 'two');
      await page.getByRole('link', { name: 'Replace twice instead' }).waitFor();
      expect(await value(page).inputValue()).to.equal('two');
      await page.getByLabel('Name').fill('later');
      await page.getByLabel('Last day of use').fill('2020-01-01');
      await store(page);
      expect(await problem('expires')).to.contain('not over yet');
      expect(await listed(page)).to.deep.equal({ twice: '3 bytes' });
      await page.context().close();
    });

    it(`take 64 KiB and not a byte more, ${how}`, async () => {
      const page = await loggedIn({ javaScriptEnabled });
      const file = (bytes: number) => ({ name: 'f', mimeType: '', buffer: Buffer.alloc(bytes, 1) });
      await page.goto('/new');
      await page.getByLabel('Name').fill('big');
      await page.locator('#file').setInputFiles(file(65_537));
      await store(page);
      expect(await page.locator('#value-error').innerText()).to.contain('1 byte more');
      if (javaScriptEnabled) await page.getByRole('button', { name: 'Remove the file' }).click();
      await page.locator('#file').setInputFiles(file(65_536));
      await store(page);
      await page.waitForURL('**/secrets');
      expect(await listed(page)).to.deep.equal({ big: '64 KiB' });
      await page.context().close();
    });

    it(`are not lost when two tabs replace the same one: the second is warned, ${how}`, async () => {
      const page = await loggedIn({ javaScriptEnabled });
      await add(page, 'shared', 'first');
      await page.waitForURL('**/secrets');
      const second = await page.context().newPage();
      for (const tab of [page, second]) await tab.goto('/secret/shared/replace');
      const replace = async (tab: Page, text: string): Promise<void> => {
        await tab.getByLabel('New value').fill(text);
        await tab.getByRole('button', { name: 'Replace the value' }).click();
      };
      await replace(page, 'from the first tab');
      await page.waitForURL('**/secrets');
      await replace(second, 'from the second');
      await second.getByText('changed since you opened this page').waitFor();
      expect(await second.getByLabel('New value').inputValue()).to.equal('from the second');
      await second.getByRole('button', { name: 'Replace the value' }).click();
      await second.waitForURL('**/secrets');
      expect(await listed(page)).to.deep.equal({ shared: '15 bytes' });
      await page.context().close();
    });

    it(`are imported from a .env file after a preview, whole or not at all, ${how}`, async () => {
      const page = await loggedIn({ javaScriptEnabled });
      await add(page, 'DB_PASSWORD', 'old');
      await page.waitForURL('**/secrets');
      await page.goto('/import');
      const plan = async (text: string): Promise<readonly string[]> => {
        await page.getByLabel('Content').fill(text);
        await page.getByRole('button', { name: 'Preview' }).click();
        await page.getByRole('heading', { name: 'What will happen' }).waitFor();
        const rows = await page.locator('table.plan tbody tr').allInnerTexts();
        return rows.map((row) => row.replaceAll(/\s+/g, ' ').trim());
      };
      const good = `# comment\nDB_PASSWORD="new value"\nexport TOKEN=abc # x\nEMPTY=\nLINES='a\nb'\n`;
      const bad = `${good}KEY=-----BEGIN X-----\nhunter2=\n-----END X-----\npostgres://app:hunter2@db?a=b\n`;
      const rows = await plan(bad);
      expect(rows.slice(4).map((row) => row.split('. ')[0])).to.deep.equal([
        '7 several lines need quotes',
        '10 what stands before “=” (27 characters) cannot be a secret’s name',
      ]);
      expect(await page.getByRole('main').innerText()).not.to.contain('hunter2');
      expect(await page.getByRole('button', { name: /^Import/ }).count()).to.equal(0);
      await page.getByRole('button', { name: 'Change the text' }).click();
      expect(await page.getByLabel('Content').inputValue()).to.equal(bad);
      expect(await plan(good)).to.deep.equal([
        '2 DB_PASSWORD •••••••• 9 bytes replaces',
        '3 TOKEN •••••••• 3 bytes new a comment was cut off (3 characters); put the value in quotes to keep it',
        '4 EMPTY none 0 bytes left out There is no value.',
        '5 LINES •••••••• 3 bytes new',
      ]);
      await page.getByLabel('Show values').check();
      expect(await page.locator('table.plan code').allInnerTexts()).to.deep.equal([
        'new value',
        'abc',
        'a\nb',
      ]);
      expect(await page.locator('main .primary:visible').count()).to.equal(1);
      await page.getByRole('button', { name: 'Import 3 secrets' }).click();
      await page.getByText('2 secrets added, 1 secret replaced.').waitFor();
      expect(await listed(page)).to.deep.equal({
        DB_PASSWORD: '9 bytes',
        LINES: '3 bytes',
        TOKEN: '3 bytes',
      });
      await page.goto('/import');
      const choose = async (text: string, encoding: BufferEncoding): Promise<void> => {
        const buffer = Buffer.from(text, encoding);
        await page.locator('#file').setInputFiles({ name: '.env', mimeType: '', buffer });
        if (!javaScriptEnabled) await page.getByRole('button', { name: 'Preview' }).click();
      };
      await choose('A=1\nB=p\xe4ss\n', 'latin1');
      await page.getByText('it is not UTF-8; perhaps Latin-1 or Windows-1252 (line 2)').waitFor();
      await choose('\ufeffA=p\xe4ss\r\n', 'utf16le');
      await page.getByText('It is UTF-16, by its byte order mark').waitFor();
      await page.getByRole('button', { name: 'Import 1 secret' }).click();
      await page.getByText('1 secret added.').waitFor();
      expect((await listed(page))['A']).to.equal('5 bytes');
      await page.context().close();
    });
  }

  it('cannot have a name of two lines, which browsers cannot type but anybody can send', async () => {
    const page = await loggedIn();
    const { url } = await site();
    await page.goto('/new');
    const csrf = await page.locator('form [name=csrf]').last().inputValue();
    const multipart = { csrf, name: 'two\nlines', value: 'v' };
    const answer = await page.request.post('/new', { multipart, headers: { origin: url } });
    expect(answer.status()).to.equal(422);
    expect(await answer.text()).to.contain('A name cannot contain spaces or line breaks');
    expect(await listed(page)).to.deep.equal({});
    await page.context().close();
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'in the zone of the browser' : 'in UTC without JavaScript';
    it(`have a last day ${how}, and a note, which are edited without the value`, async () => {
      const page = await loggedIn({ javaScriptEnabled, timezoneId: 'America/Los_Angeles' });
      const instant = javaScriptEnabled ? '2099-02-01 08:00 UTC' : '2099-02-01 00:00 UTC';
      await page.goto('/new');
      await page.getByLabel('Last day of use').fill('2099-01-31');
      if (javaScriptEnabled) await page.getByText(`That is at ${instant}.`).waitFor();
      await page.getByLabel('Note', { exact: true }).fill('with hunter22');
      await page.getByLabel('Name').fill('dated');
      await value(page).fill('hunter22');
      await store(page);
      await page.getByText('This looks as if it contained a secret value').waitFor();
      await page.getByLabel('Note', { exact: true }).fill('<b>of the lab</b>');
      await store(page);
      await page.waitForURL('**/secrets');
      const cell = page.locator('td[data-label=Expires] time');
      expect(await cell.getAttribute('title')).to.equal(instant);
      expect(await cell.innerText()).to.equal('31 Jan 2099');
      await page.getByText('<b>of the lab</b>').waitFor();
      await page.goto('/secret/dated/replace');
      expect(await page.getByLabel('Last day of use').inputValue()).to.equal('2099-01-31');
      await page.getByLabel('New value').fill('x');
      await page.getByRole('button', { name: 'Replace the value' }).click();
      await page.waitForURL('**/secrets');
      expect(await cell.getAttribute('title')).to.equal(instant);
      await page.getByRole('link', { name: 'dated', exact: true }).click();
      await page.getByRole('link', { name: 'Edit' }).click();
      expect(await page.getByLabel('Last day of use').inputValue()).to.equal('2099-01-31');
      await page.getByLabel('Note', { exact: true }).fill('hunter22');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByLabel('It is not a secret').check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('dated is saved').waitFor();
      expect(await cell.getAttribute('title')).to.equal(instant);
      await page.getByText('hunter22').waitFor();
      await page.goto('/secret/dated/edit');
      await page.getByLabel('Last day of use').fill('');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.waitForURL('**/secrets');
      expect(await cell.count()).to.equal(0);
      expect(await listed(page)).to.have.keys('dated\n\nhunter22');
      await page.context().close();
    });

    it(`say which live tickets name them before they are deleted, ${how}`, async () => {
      const page = await loggedIn({ javaScriptEnabled });
      await add(page, 'named', 'v');
      await page.waitForURL('**/secrets');
      const target = await launchUrl({ pod: 'jupyter-ada' });
      // Without JavaScript no window is opened, and the ticket is there before the page says so.
      const launch = javaScriptEnabled ? await openWindow(page, target) : page;
      if (!javaScriptEnabled) await page.goto(target);
      await launch.getByLabel('named', { exact: true }).check();
      await launch.getByRole('button', { name: 'Give these secrets' }).click();
      await launch
        .getByText(/Your launcher has what it needs|needs JavaScript/)
        .first()
        .waitFor();
      if (javaScriptEnabled) await launch.close();
      await page.goto('/secrets');
      await page.getByRole('link', { name: 'Delete named' }).click();
      await page.getByText('1 live ticket names it:').waitFor();
      await page.getByText(/pod jupyter-ada in fx-dev, until 20\d\d-/).waitFor();
      await page.getByText('is then refused whole').waitFor();
      await page.context().close();
    });
  }

  it('may be dropped or pasted as files; what cannot be taken is said at the field, and changes nothing', async () => {
    const page = await loggedIn();
    /** A drop or paste of files of three bytes, and of a text. */
    const give = (
      kind: 'drop' | 'paste',
      names: readonly string[],
      { text = '', at = '[data-part=value]' } = {},
    ) =>
      page.evaluate(`(() => {
        const data = new DataTransfer();
        if (${JSON.stringify(text)}) data.setData('text/plain', ${JSON.stringify(text)});
        for (const name of ${JSON.stringify(names)}) {
          const file = new File([new Uint8Array([0, 1, 255])], name);
          data.items.add(file);
        }
        const event = '${kind}' === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector('${at}').dispatchEvent(event);
        return event.defaultPrevented;
      })()`);
    const problem = () => page.locator('#value-error').innerText();
    for (const [kind, text] of [
      ['drop', ''],
      ['paste', ''],
      // As file managers copy a file.
      ['paste', 'file:///home/ada/key.bin'],
    ] as const) {
      await page.goto(`/new?name=${kind}${text.length}`);
      await give(kind, ['key.bin'], { text });
      await page.getByText('key.bin, 3 bytes').waitFor();
      await store(page);
      await page.waitForURL('**/secrets');
    }
    expect(await listed(page)).to.deep.equal({ drop0: '3 bytes', paste0: '3 bytes', paste24: '3 bytes' });
    await page.goto('/import');
    const dropOnImport = (...files: readonly string[]): Promise<unknown> =>
      page.evaluate(`(() => {
        const data = new DataTransfer();
        for (const file of ${JSON.stringify(files)}) data.items.add(new File([file], '.env'));
        document.querySelector('main h2, main textarea').closest('form')
          .dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      })()`);
    await dropOnImport('A=1', 'B=2');
    await page.getByText('Drop one file at a time.').waitFor();
    await dropOnImport('A=1');
    await page.getByRole('button', { name: 'Import 1 secret' }).waitFor();
    await dropOnImport('A=1\nB=2');
    await page.getByRole('button', { name: 'Import 2 secrets' }).waitFor();
    await page.goto('/new');
    await value(page).fill('typed');
    // A spreadsheet's cells come with a picture of them: the browser pastes the text.
    expect(await give('paste', ['image.png'], { text: 'a\tb' })).to.equal(false);
    expect(await problem()).to.equal('');
    await give('drop', ['a', 'b']);
    expect(await problem()).to.contain('These are 2 files');
    expect(await give('drop', ['key.bin'], { at: 'h1' }), 'the browser opens it').to.equal(true);
    expect(await problem()).to.contain('beside the field');
    await page.evaluate(
      `File.prototype.arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError'))`,
    );
    await give('drop', ['folder']);
    await page.getByText('folder cannot be read').waitFor();
    expect(await value(page).inputValue()).to.equal('typed');
    await page.context().close();
  });

  it('are looked at before they are stored: what may be wrong is said, and stops nobody', async () => {
    const page = await loggedIn();
    const hints = page.locator('[data-part=hints] li');
    await page.goto('/new?name=hinted');
    await value(page).fill(' x');
    await hints.getByText('begins with white space').waitFor();
    await value(page).fill('x');
    await hints.waitFor({ state: 'detached' });
    const buffer = Buffer.from('-----BEGIN PRIVATE KEY-----\r\nx\r\n-----END PRIVATE KEY-----');
    await page.locator('#file').setInputFiles({ name: 'key', mimeType: '', buffer });
    await hints.nth(1).waitFor();
    expect((await hints.allInnerTexts()).map((hint) => hint.slice(0, 24))).to.deep.equal([
      'The private key has no l',
      'Lines of the private key',
    ]);
    await store(page);
    await page.waitForURL('**/secrets');
    expect(await listed(page)).to.deep.equal({ hinted: '57 bytes' });
    await page.context().close();
  });

  it('have recipes with their name in them, the one that suits it open, to be copied or selected', async () => {
    const page = await loggedIn();
    await add(page, 'my-pgpass', 'v');
    await page.waitForURL('**/secrets');
    await page.goto('/secret/my-pgpass');
    expect(await page.locator('.recipes summary').allInnerTexts()).to.deep.equal(
      Object.values(recipes).map(({ title }) => title),
    );
    const open = page.locator('.recipes details[open]');
    expect(await open.locator('summary').innerText()).to.equal('psql (.pgpass)');
    await page.evaluate(
      `navigator.clipboard.writeText = (text) => { document.title = text; return Promise.resolve(); }`,
    );
    await open.getByRole('button', { name: 'Copy' }).click();
    await open.getByText('Copied').waitFor();
    // A title has its white space collapsed.
    expect(await page.title()).to.equal(recipeCode(recipes.psql, 'my-pgpass').replaceAll(/\s+/g, ' '));
    await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))`);
    await page.getByText('Git over HTTPS').click();
    await open.getByRole('button', { name: 'Copy' }).click();
    await open.getByText('Selected').waitFor();
    expect(await page.evaluate('String(getSelection())')).to.equal(recipeCode(recipes.git, 'my-pgpass'));
    await page.context().close();
  });

  it('can all be reached with the keyboard alone', async () => {
    const page = await loggedIn();
    await page.goto('/secrets');
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const tabTo = async (name: string): Promise<void> => {
      for (let tries = 0; tries < 30; tries += 1) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(
          'document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText',
        );
        if (String(focused).trim().startsWith(name)) return;
      }
      throw new Error(`the keyboard does not get to ${name}`);
    };
    await tabTo('Add a secret');
    await press('Enter');
    await page.waitForURL('**/new');
    await tabTo('Name');
    await page.keyboard.type('by-keyboard');
    await tabTo('Value');
    await page.keyboard.type('typed');
    await tabTo('Store the secret');
    await press('Enter');
    await page.waitForURL('**/secrets');
    await tabTo('Delete');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo('Delete the secret');
    await press('Enter');
    await page.getByText('by-keyboard is deleted').waitFor();
    await page.context().close();
  });
});
