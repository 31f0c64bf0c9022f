import { get } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createHttpsClient } from '#platform/https-client.ts';
import type { Person } from '../../scripts/dev/person.ts';
import { testPostgres } from '../postgres.ts';
import { sessions, startDrill, type Drill } from './cluster.ts';
import { createBrowser, logIn } from './thefts/browser.ts';

const services = ['console', 'webhook', 'keyservice'] as const;

function statusOf(host: string, port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host, port, path, agent: false }, (message) => {
      message.resume();
      resolve(message.statusCode);
    }).once('error', reject);
  });
}

describe('a cluster of IPv6 addresses, over real processes', function () {
  this.timeout(90_000);
  let drill: Drill;
  let alice: Person;

  before(async () => {
    const database = new URL(await (await testPostgres()).createDatabase());
    database.hostname = '[::1]';
    drill = await startDrill({ ipv6: true, database: database.href });
    alice = drill.person('alice');
  });
  after(async () => {
    alice.close();
    await drill.stack.stop();
  });

  it('is called on `::1` everywhere', () => {
    for (const url of [...Object.values(drill.stack.urls), drill.stack.issuer])
      expect(new URL(url).hostname).to.equal('[::1]');
  });

  it('brings a secret into its file', async () => {
    await alice.store('db-password', 'of alice');
    await alice.storeSealed('sealed', Buffer.from('sealed by alice'));
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password', 'sealed'] });
    const { exitCode, message, files } = await drill.runPod(await drill.admitPod(annotations));
    expect([exitCode, message]).to.deep.equal([0, '']);
    expect(files['db-password']?.toString()).to.equal('of alice');
    expect(files['sealed']?.toString()).to.equal('sealed by alice');
  });

  it('logs a person in on the page, and accepts its forms from there alone', async () => {
    const { console: url } = drill.stack.urls;
    const browser = createBrowser(drill.ca);
    await logIn(browser, url, 'alice');
    const { text } = await browser.visit(`${url}/new`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const form = { csrf, name: 'by-form', value: 'of a form' };
    const { status, url: at } = await browser.visit(`${url}/new`, form);
    expect([status, new URL(at).pathname]).to.deep.equal([200, '/secrets']);
    browser.close();
    const { items } = await alice.must<{ items: { name: string }[] }>('GET', '/api/v1/secrets');
    expect(items.map(({ name }) => name)).to.include('by-form');
  });

  for (const name of services) {
    it(`finds the ${name} by either family, its health port too`, async () => {
      const { ready } = drill.stack.services[name];
      const { health = 0, ...others } = ready;
      const read = (file: string): string =>
        readFileSync(join(drill.stack.clientDirs.apiServer, file), 'utf8');
      const client = createHttpsClient({ ca: drill.ca, cert: read('tls.crt'), key: read('tls.key') });
      for (const host of ['::1', '127.0.0.1']) {
        expect(await statusOf(host, health, '/healthz'), host).to.equal(200);
        for (const port of Object.values(others)) {
          const url = `https://${host === '::1' ? '[::1]' : host}:${port}/nothing`;
          const { status } = await client.call({
            method: 'GET',
            url,
            timeoutMs: 10_000,
            maxResponseBytes: 100_000,
          });
          expect(status, url).to.be.within(400, 499);
        }
      }
      client.close();
    });
  }
});
