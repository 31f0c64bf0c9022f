/** How long the console takes to list 1,000 secrets: the page, and the API a page at a time. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { build } from '../scripts/build.ts';
import { createPerson } from '../scripts/dev/person.ts';
import { startStack, type Stack } from '../scripts/dev/stack.ts';
import { percentile, type Bench, type Figure } from './figure.ts';

const SECRETS = 1000;
const VALUE_BYTES = 4096;
const TIMES = 50;
const MOST_MS = 200;

/** More rows like the existing one. */
async function multiply({ databaseFile }: Stack): Promise<void> {
  const database = knex({
    client: 'better-sqlite3',
    connection: { filename: databaseFile },
    useNullAsDefault: true,
  });
  const row = await database<object>('secrets').first();
  const copies = Array.from({ length: SECRETS - 1 }, (_, at) => ({
    ...row,
    id: randomUUID(),
    name: `copy-${at}`,
  }));
  await database.batchInsert('secrets', copies, 50);
  await database.destroy();
}

/** The cookies of a person who has logged in on the page, through the forms of the development provider. */
async function logIn(client: HttpsClient, url: string, name: string): Promise<string> {
  const cookies = new Map<string, string>();
  const header = (): string => [...cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  let at = `${url}/login`;
  for (let steps = 0; steps < 12 && at !== `${url}/secrets`; steps += 1) {
    const form = at.includes('/interaction/') ? `username=${name}` : undefined;
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await client.call({
      method: form === undefined ? 'GET' : 'POST',
      url: at,
      body: form,
      headers: { cookie: header(), ...type },
      timeoutMs: 10_000,
      maxResponseBytes: 1024 * 1024,
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(key, value);
    }
    at = new URL(String(answer.headers['location']), at).href;
  }
  return header();
}

async function measure(what: string, ask: () => Promise<number>): Promise<Figure[]> {
  const samples: number[] = [];
  for (let n = 0; n < TIMES; n += 1) {
    const from = performance.now();
    const status = await ask();
    if (status !== 200) throw new Error(`${what} answered ${status}`);
    samples.push(performance.now() - from);
  }
  const figure = { bench: 'list', unit: 'ms' };
  return [
    { ...figure, what: `${what}, median`, value: percentile(samples, 0.5) },
    { ...figure, what: `${what}, 99 %`, value: percentile(samples, 0.99), target: { atMost: MOST_MS } },
  ];
}

export const benchList: Bench = async (say) => {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-bench-list-'));
  await build();
  const stack = await startStack({ dir, people: ['alice'], say });
  const ca = readFileSync(stack.caFile, 'utf8');
  const client = createHttpsClient({ ca });
  try {
    const bearer = stack.bearers['alice'] ?? '';
    await createPerson({ url: stack.urls.console, ca, bearer }).store('original', 'x'.repeat(VALUE_BYTES));
    await multiply(stack);
    const cookie = await logIn(client, stack.urls.console, 'alice');
    const get = async (path: string, headers: Readonly<Record<string, string>>): Promise<number> => {
      const limits = { timeoutMs: 10_000, maxResponseBytes: 8 * 1024 * 1024 };
      return (await client.call({ method: 'GET', url: stack.urls.console + path, headers, ...limits }))
        .status;
    };
    say(`${TIMES} lists of ${SECRETS} secrets`);
    return [
      ...(await measure('the page, 100 of 1,000', () => get('/secrets', { cookie }))),
      ...(await measure('the page, found by name', () => get('/secrets?filter=99', { cookie }))),
      ...(await measure('the API, 200 of 1,000', () =>
        get('/api/v1/secrets?limit=200', { authorization: `Bearer ${bearer}` }),
      )),
    ];
  } finally {
    client.close();
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
