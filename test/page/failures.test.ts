import { expect } from 'chai';
import { startDrill, type Drill } from '../drills/cluster.ts';
import { loggedIn, openDatabase } from './browser.ts';
import { look } from './looks.ts';

const LIMIT = 30;

describe('a console that cannot do what it is asked', function () {
  this.timeout(60_000);
  let drill: Drill;
  before(async () => {
    drill = await startDrill({ env: { console: { TWOFOLD_RATE_LIMIT_PER_MINUTE: String(LIMIT) } } });
  });
  after(() => drill.stack.stop());

  it('says so, with what to do next, and is as accessible as ever', async () => {
    const { urls, databaseFile } = drill.stack;
    const page = await loggedIn({ baseURL: urls.console });
    const database = openDatabase(databaseFile);
    await database.schema.renameTable('secrets', 'mislaid');
    const failed = await page.goto('/secrets');
    expect(failed?.status()).to.equal(500);
    await look(page, 'failed');
    await database.schema.renameTable('mislaid', 'secrets');
    await database.destroy();

    for (let asked = 0; asked < LIMIT; asked += 1) await page.request.get('/secrets');
    const limited = await page.goto('/secrets');
    expect(limited?.status()).to.equal(429);
    expect(Number(limited?.headers()['retry-after'])).to.be.within(1, 60);
    await look(page, 'too-many');
    await page.context().close();
  });
});
