/**
 * What an HTTPS client costs the webhook: processor time for a call with 16 in flight, of `platform/https-client.ts`
 * (node:https) and of undici alternating, against one bare server in a separate process. Shows which one to use.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { createHttpsClient } from '#platform/https-client.ts';
import { ensureCertificates } from '../certs/store.ts';
import type { Bench, Figure } from './figure.ts';
import { startFloor } from './floor.ts';

const IN_FLIGHT = 16;
const CALLS = 4_000;
const ROUNDS = 5;
/** About the size of what `resolve` returns for one secret. */
const ANSWER_BYTES = '2000';
const body = JSON.stringify({ request: { uid: '0', padding: 'x'.repeat(1_000) } });
const headers = { 'content-type': 'application/json' };

type Call = () => Promise<unknown>;

async function drive(call: Call): Promise<number> {
  let left = CALLS;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? NaN;
}

export const benchClient: Bench = async (say) => {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-bench-'));
  const certificates = join(dir, 'certificates');
  await ensureCertificates({ dir: certificates, extraNames: ['127.0.0.1'], now: new Date() });
  const floor = await startFloor(dir, ANSWER_BYTES);
  const ca = readFileSync(join(certificates, 'webhook', 'ca.crt'), 'utf8');
  const ours = createHttpsClient({ ca });
  const pool = new Pool(new URL(floor.url).origin, { connections: 64, connect: { ca } });
  const clients: Readonly<Record<string, Call>> = {
    'node:https': () =>
      ours.call({
        method: 'POST',
        url: floor.url,
        headers,
        body,
        timeoutMs: 9_000,
        maxResponseBytes: 1 << 20,
      }),
    undici: async () => {
      const answer = await pool.request({ method: 'POST', path: '/', headers, body });
      return await answer.body.arrayBuffer();
    },
  };
  const samples = new Map<string, number[]>(Object.keys(clients).map((name) => [name, []]));
  try {
    for (const call of Object.values(clients)) await drive(call);
    say(`${ROUNDS} rounds of ${CALLS} calls by each client`);
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, call] of Object.entries(clients)) samples.get(name)?.push(await drive(call));
  } finally {
    ours.close();
    await pool.close();
    await floor.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return [...samples].map(([name, costs]): Figure => ({
    bench: 'client',
    what: `${name}, processor time for a call, ${IN_FLIGHT} in flight`,
    value: median(costs),
    unit: 'µs',
  }));
};
