import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import type { Pod } from '../../../scripts/dev/kubernetes/objects.ts';
import type { Person } from '../../../scripts/dev/person.ts';
import { eventually } from '../../eventually.ts';
import { testFolder } from '../../folder.ts';
import { leasePath, messageOf, nameOf, secretPath, sessions, startDrill, type Drill } from '../cluster.ts';
import { createBrowser, logIn } from '../thefts/browser.ts';

const services = ['console', 'webhook', 'keyservice'] as const;
type Service = (typeof services)[number];

const HOUR_MS = 3_600_000;
const steps = { 'an hour ahead': HOUR_MS, 'an hour behind': -HOUR_MS } as const;
const shim = fileURLToPath(new URL('stepped-clock.ts', import.meta.url));

/** Where a session was refused because two clocks differ, this word is in the reason. */
const NAMES_THE_CLOCKS = /clocks/;

describe('the clock of one service, set while it runs', function () {
  this.timeout(180_000);
  const folder = testFolder('clocks');
  const file = (service: Service): string => join(folder, service);
  let drill: Drill;
  let alice: Person;
  let client: HttpsClient;
  /** For a day. */
  let lasting: Readonly<Record<string, string>>;

  const set = (service: Service, ms: number): void => writeFileSync(file(service), String(ms));

  before(async () => {
    mkdirSync(folder, { recursive: true });
    for (const service of services) set(service, 0);
    const each = <T>(of: (service: Service) => T) =>
      Object.fromEntries(services.map((service) => [service, of(service)]));
    drill = await startDrill({
      nodeArgs: each(() => [`--import=${shim}`]),
      env: {
        ...each((service) => ({ STEPPED_CLOCK_FILE: file(service) })),
        webhook: { STEPPED_CLOCK_FILE: file('webhook'), TWOFOLD_GRACE_SECONDS: '1' },
      },
    });
    alice = drill.person('alice');
    await alice.store('db-password', 'value');
    ({ annotations: lasting } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] }));
    client = createHttpsClient({ ca: drill.ca });
  });
  after(async () => {
    client.close();
    alice.close();
    await drill.stack.stop();
  });

  /** `started`, with its file; or why not. */
  const outcomeOf = async (pod: Pod): Promise<string> => {
    const { exitCode, message, files } = await drill.runPod(pod);
    if (exitCode !== 0) return message;
    expect(files['db-password']?.toString()).to.equal('value');
    return 'started';
  };
  const start = async (annotations: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await drill.createPod(annotations);
    return answer.status === 201 ? await outcomeOf(answer.body as Pod) : messageOf(answer); // the API server's own
  };
  const starts = async (annotations: Readonly<Record<string, string>>): Promise<void> => {
    expect(await start(annotations)).to.equal('started');
  };
  const startsOrNamesClocks = async (annotations: Readonly<Record<string, string>>): Promise<void> => {
    const outcome = await start(annotations);
    if (outcome !== 'started') expect(outcome).to.match(NAMES_THE_CLOCKS);
  };
  const ticket = async (more: object = {}) =>
    await alice.ticket({ namespace: sessions, secrets: ['db-password'], ...more });
  /** Without a login, the page redirects. */
  const isLoggedIn = async (cookie: string): Promise<boolean> => {
    const { status } = await client.call({
      method: 'GET',
      url: `${drill.stack.urls.console}/secrets`,
      headers: { accept: 'text/html', cookie },
      timeoutMs: 10_000,
      maxResponseBytes: 1_000_000,
    });
    return status === 200;
  };
  /** A pod of a name that is taken is admitted, and then refused by the API server: its Lease is nobody's. */
  const orphansGo = async (running: Pod): Promise<void> => {
    const again = await drill.createPod(lasting, { metadata: { name: running.metadata.name } });
    if (again.status !== 409) expect(messageOf(again)).to.match(NAMES_THE_CLOCKS);
    await eventually('only Leases of pods are left', async () => {
      const { items } = await drill.admin.must<{ items: { metadata: { ownerReferences?: object[] } }[] }>(
        'GET',
        `/apis/coordination.k8s.io/v1/namespaces/${sessions}/leases`,
      );
      return items.every(({ metadata }) => metadata.ownerReferences !== undefined);
    });
    expect((await drill.admin.call('GET', leasePath(running))).status).to.equal(200);
    expect((await drill.admin.call('GET', secretPath(running))).status).to.equal(200);
  };

  /** By a new browser; `cookie` is what it had before it logged out. */
  const login = async () => {
    const { console: url } = drill.stack.urls;
    const browser = createBrowser(drill.ca);
    await logIn(browser, url, 'alice');
    const { text } = await browser.visit(`${url}/secrets`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const logOut = async (): Promise<void> => {
      await browser.visit(`${url}/logout`, { csrf });
      browser.close();
    };
    return { cookie: browser.cookiesOf(url), logOut };
  };

  /** What has ended for good, each with the code of its refusal. */
  const endings = async () => {
    const revoked = await ticket();
    const spent = await ticket({ uses: 1 });
    await starts(spent.annotations);
    await alice.store('gone', 'x');
    const deleted = await ticket({ secrets: ['gone'] });
    const claimed = await drill.admitPod((await ticket()).annotations);
    await alice.must('DELETE', `/api/v1/tickets/${revoked.jti}`);
    await alice.must('DELETE', '/api/v1/secrets/gone');
    const { cookie, logOut } = await login();
    expect(await isLoggedIn(cookie)).to.equal(true);
    await logOut();
    return async (clocks: 'right' | 'wrong'): Promise<void> => {
      for (const [{ annotations }, code] of [
        [revoked, '(ticket_revoked)'],
        [spent, '(ticket_uses_exceeded)'],
        [deleted, '(secret_unknown)'],
      ] as const) {
        const said = await start(annotations);
        // A ticket from before is not valid yet by a clock that was set back: that is found first.
        if (clocks === 'right' || !NAMES_THE_CLOCKS.test(said)) expect(said).to.contain(code);
      }
      expect(await isLoggedIn(cookie), 'logged out').to.equal(false);
      expect(await outcomeOf(claimed), 'and what goes on').to.equal('started');
    };
  };

  for (const service of services) {
    for (const [where, ms] of Object.entries(steps)) {
      it(`${service}, ${where}: sessions start, or their refusal names the clocks; what has ended stays so`, async () => {
        const waiting = await drill.admitPod(lasting);
        const endedBefore = await endings();
        set(service, ms);
        let endedMeanwhile: () => Promise<void>;
        try {
          await startsOrNamesClocks(lasting);
          await startsOrNamesClocks((await ticket()).annotations);
          await startsOrNamesClocks((await ticket({ ttlSeconds: 600 })).annotations);
          expect(await outcomeOf(waiting), 'admitted before').to.equal('started');
          await endedBefore('wrong');
          await orphansGo(waiting);
          endedMeanwhile = await endingsDuring(service);
        } finally {
          set(service, 0);
        }
        await endedBefore('right');
        await endedMeanwhile();
        await starts(lasting);
        await starts((await ticket()).annotations);
        await orphansGo(waiting);
      });
    }
  }

  /** While a service's clock is wrong: what people end then. */
  const endingsDuring = async (service: Service) => {
    const revoked = await ticket();
    await alice.must('DELETE', `/api/v1/tickets/${revoked.jti}`);
    return async (): Promise<void> => {
      const said = await start(revoked.annotations);
      // A ticket that was issued ahead of time is refused for that first, by either.
      expect(said, service).to.match(/\((ticket_revoked|ticket_not_yet_valid)\)/);
    };
  };

  it('an expired login does not come back when the clock does', async () => {
    const { cookie, logOut } = await login();
    expect(await isLoggedIn(cookie)).to.equal(true);
    set('console', 2 * HOUR_MS);
    expect(await isLoggedIn(cookie), 'idle for two hours').to.equal(false);
    set('console', 0);
    expect(await isLoggedIn(cookie), 'the clock is back').to.equal(false);
    await logOut();
  });

  it('a ticket that has expired is refused by the keyservice while the console’s clock is behind', async () => {
    set('console', -2 * HOUR_MS);
    const short = await ticket({ ttlSeconds: 3_600 });
    const said = await start(short.annotations);
    set('console', 0);
    expect(said).to.contain('(ticket_expired)').and.match(NAMES_THE_CLOCKS);
  });

  it('admissions under way do not notice that the webhook’s clock is set', async () => {
    let over = false;
    const step = async (): Promise<void> => {
      for (let n = 0; !over; n += 1) {
        set('webhook', [HOUR_MS, 0, -HOUR_MS, 0][n % 4] ?? 0);
        await wait(5);
      }
    };
    const stepping = step();
    const answers: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      const name = nameOf('stepping');
      const answer = await drill.createPod(lasting, { metadata: { name, annotations: lasting } });
      answers.push(answer.status === 201 ? 'admitted' : messageOf(answer));
    }
    over = true;
    await stepping;
    set('webhook', 0);
    expect(answers.filter((each) => each !== 'admitted')).to.deep.equal([]);
  });
});
