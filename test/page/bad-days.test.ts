import { expect } from 'chai';
import { eventually } from '../eventually.ts';
import { createPerson } from '../../scripts/dev/person.ts';
import { nameOf, sessions } from '../drills/cluster.ts';
import { add, giveName, listed, loggedIn, newContext, newName, site } from './browser.ts';
import { look } from './looks.ts';

/** Makes a process see another time. */
function clockOff(seconds: number): string[] {
  const program = `const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { given.length > 0 ? super(...given) : super(Real.now() + ${seconds * 1000}); }
      static now() { return Real.now() + ${seconds * 1000}; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}

describe('bad days, on the page', function () {
  this.timeout(60_000);
  before(() => site());

  it('are explained while the provider is down; once it has rotated its keys, everything goes on immediately', async () => {
    const { stack, drill } = await site();
    const page = await loggedIn();
    await add(page, 'before', 'v');
    await page.waitForURL('**/secrets');
    const other = await (await newContext()).newPage();
    const bearers = await stack.rotateProvider(async () => {
      // A console that has just queried the provider would send people to it.
      await stack.restart('console');
      const answer = await other.goto('/login');
      expect(answer?.status()).to.equal(503);
      await other.getByRole('heading', { name: 'Logging in is not possible right now' }).waitFor();
      await look(other, 'login-down');
      expect(await listed(page), 'a logged-in person goes on working').to.deep.equal({ before: '1 byte' });
    });
    await eventually('the page tries again, after the seconds that it was given', async () => {
      await other.getByRole('link', { name: 'Try again' }).click();
      return !other.url().startsWith(stack.urls.console);
    });
    await giveName(other, newName());
    await other.waitForURL('**/secrets');
    expect(await listed(page)).to.deep.equal({ before: '1 byte' });
    for (const bearer of [bearers['alice'], stack.bearers['alice']]) {
      const alice = createPerson({ url: stack.urls.console, ca: drill.ca, bearer: bearer ?? '' });
      const taken = async (): Promise<boolean> => (await alice.call('GET', '/api/v1/me')).status === 200;
      await eventually('the new keys are accepted', taken, { timeoutMs: 5_000 });
    }
    await page.context().close();
    await other.context().close();
  });

  for (const seconds of [60, -60]) {
    it(`are none with the console’s clock ${seconds} s off from every other: login, secret, ticket, session`, async () => {
      const { stack, drill } = await site();
      await stack.restart('console', clockOff(seconds));
      try {
        const page = await loggedIn();
        await add(page, 'late', 'v');
        await page.getByText('late is stored').waitFor();
        const made = await page.locator('time').first().getAttribute('datetime');
        const off = Date.parse(made ?? '') - Date.now() - seconds * 1000;
        expect(off, 'the clock really is off').to.be.within(-20_000, 20_000);
        await page.context().close();
        const alice = drill.person('alice');
        const name = nameOf('clock');
        await alice.store(name, 'value');
        const { annotations } = await alice.ticket({ namespace: sessions, secrets: [name] });
        const { exitCode, message, files } = await drill.runPod(await drill.admitPod(annotations));
        expect([exitCode, message, files[name]?.toString()]).to.deep.equal([0, '', 'value']);
      } finally {
        await stack.restart('console');
      }
    });
  }
});
