/**
 * Scenarios for the pool, as a separate program, since worker threads need a bundle. Prints one JSON object.
 * Workers are started from this same file, as in main.ts.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { nodeCipher, rsaRecipient } from '#envelope/node-cipher.ts';
import { rsaPrivateKey } from '#envelope/node-private.ts';
import { parseEnvelope, type EnvelopeParts } from '#envelope/outer/layout.ts';
import type { Opened } from '../outer-layer.ts';
import { createPool, type Pool } from '../pool.ts';
import { createRoundTrip } from '../outer-layer.ts';
import { runWorker, type WorkerKeys } from '../worker.ts';
import { createMaterial } from './material.ts';

function outcome(opened: Opened): string {
  return opened.ok
    ? `ok ${opened.texts.length}`
    : `${opened.reason}${opened.reason === 'not_authentic' ? ` ${opened.at}` : ''}`;
}

interface Observed {
  readonly pool: Pool;
  readonly workers: Worker[];
  readonly lost: unknown[];
}

function observedPool(keys: WorkerKeys | 'die', config: { workers: number; queueLimit: number }): Observed {
  const [workers, lost]: [Worker[], unknown[]] = [[], []];
  const spawn = (): Worker => {
    const worker = new Worker(new URL(import.meta.url), { workerData: keys, env: {} });
    workers.push(worker);
    return worker;
  };
  return { pool: createPool({ spawn, onLost: (error) => lost.push(error) }, config), workers, lost };
}

async function scenarios(): Promise<Record<string, unknown>> {
  const material = createMaterial();
  const keys: WorkerKeys = {
    identities: material.envelopeKeys.map(({ privateJwk }) => rsaPrivateKey(privateJwk)),
    newestJwk: material.envelopeKeys[0].publicJwk,
  };
  const recipient = rsaRecipient(material.envelopeKeys[0].publicJwk);
  const parts = await Promise.all(
    Array.from({ length: 60 }, async (_, at) => parseEnvelope(await material.seal(`s${at}`))),
  );
  const damaged = (at: number): EnvelopeParts[] =>
    parts.map((part, place) => (place >= at ? { ...part, tag: new Uint8Array(16) } : part));
  // as: no parsed envelope can be like this, so the worker meets a broken invariant.
  const poison = { ...parts[0], header: { kid: undefined } } as unknown as EnvelopeParts;
  const results: Record<string, unknown> = {};

  const { pool, workers, lost } = observedPool(keys, { workers: 2, queueLimit: 300 });
  results['order'] = await pool.run('open', parts).then((opened) => opened.ok && opened.texts);
  results['firstDamaged'] = outcome(await pool.run('open', damaged(37)));
  const many = Array.from({ length: 9 }, () => pool.run('open', parts));
  results['bounded'] = (await Promise.all(many)).map(outcome);
  results['poison'] = await Promise.all([
    pool.run('open', [poison]).then(outcome),
    pool.run('open', parts.slice(0, 3)).then(outcome),
  ]);
  results['lostAfterPoison'] = lost.length;
  // The replacement comes after the pause that follows a short life.
  while (workers.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  results['afterReplacement'] = outcome(await pool.run('open', parts));
  const [killed] = workers.slice(-1);
  const underWay = pool.run('open', parts);
  if (killed) await killed.terminate();
  results['killed'] = outcome(await underWay);
  results['afterKill'] = outcome(await pool.run('rewrap', parts));
  await pool.close();
  results['afterClose'] = outcome(await pool.run('open', parts));

  const dead = observedPool('die', { workers: 2, queueLimit: 300 });
  const waiting = dead.pool.run('open', parts);
  await Promise.all(dead.workers.map((worker) => once(worker, 'exit')));
  results['dying'] = outcome(await waiting);
  results['dead'] = outcome(await dead.pool.run('open', parts));
  const roundTrip = createRoundTrip(nodeCipher, recipient, dead.pool);
  results['deadHealth'] = await roundTrip().then(
    () => 'healthy',
    (error: unknown) => String(error),
  );
  results['startedWhileDead'] = dead.workers.length;
  await dead.pool.close();
  return results;
}

if (isMainThread) {
  process.stdout.write(JSON.stringify(await scenarios()));
} else if (workerData === 'die') {
  process.exit(3);
} else if (parentPort) {
  // What observedPool put there.
  runWorker(parentPort, workerData as WorkerKeys);
}
