/**
 * Admission: latency, processor time and memory of the webhook at 1, 16 and 64 in flight, dry-run and full with 1 and
 * 10 secrets, all services running, along with a floor in the same run. The floor is measured twice: alone, and alternating
 * with the webhook. Alone it has both cores' caches and the whole batch to itself, so that it is the cheapest that
 * this machine can do; alternating, both meet the same arrivals and the same contention, which is what a ratio is for.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpsClient, type HttpsClient } from '#platform/https-client.ts';
import { build } from '../scripts/build.ts';
import { createPerson } from '../scripts/dev/person.ts';
import { development } from '../scripts/dev/environment.ts';
import { startStack, type Stack } from '../scripts/dev/stack.ts';
import { percentile, type Bench, type Figure } from './figure.ts';
import { cpuMs, rssMiB } from './process-figures.ts';
import { startFloor } from './floor.ts';

const IN_FLIGHT = [1, 16, 64] as const;
const REQUESTS = 2000;
const WARM_UP = 400;
/** Rounds of what is judged; their median counts, since a shared machine's speed changes from minute to minute. */
const ROUNDS = 5;
/** Judged at 16 in flight: the webhook's processor time is at most this many times the floor's. */
const JUDGED = 16;
const LIMITS = { 'dry-run': 3, 'full, 1 secret': 6 } as const;

interface Load {
  readonly client: HttpsClient;
  readonly url: string;
  readonly body: string;
}

/** One review; rejects when it is not allowed. */
async function review({ client, url, body }: Load): Promise<number> {
  const started = performance.now();
  const headers = { 'content-type': 'application/json' };
  const answer = await client.call({
    method: 'POST',
    url,
    headers,
    body,
    timeoutMs: 30_000,
    maxResponseBytes: 1 << 20,
  });
  const took = performance.now() - started;
  const text = answer.body.toString('utf8');
  if (!text.includes('"allowed":true')) throw new Error(text.slice(0, 500));
  return took;
}

/** Each of `inFlight` workers posts one review of every load in turn, until each load has had `count`. Samples by load. */
async function drive(
  loads: readonly Load[],
  inFlight: number,
  count: number,
): Promise<readonly (readonly number[])[]> {
  const samples = loads.map((): number[] => []);
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      for (const [at, load] of loads.entries()) samples[at]?.push(await review(load));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return samples;
}

interface Measured {
  readonly p50: number;
  readonly p99: number;
  /** Processor time of each process for one admission, in ms. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** Latency of the first load; processor time of every process, for one review of each load. */
async function measure(
  loads: readonly Load[],
  inFlight: number,
  pids: Readonly<Record<string, number>>,
): Promise<Measured> {
  await drive(loads, inFlight, WARM_UP);
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
  const [samples = []] = await drive(loads, inFlight, REQUESTS);
  const cpu = Object.entries(pids).map(
    ([name, pid]) => [name, (cpuMs(pid) - (before[name] ?? 0)) / REQUESTS] as const,
  );
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99), cpu: Object.fromEntries(cpu) };
}

/** A captured review with this ticket and these secrets. */
function reviewOf(annotations: Readonly<Record<string, string>>, dryRun: boolean): string {
  const file = new URL('../test/fixtures/reviews/plain-pod-alice.json', import.meta.url);
  const value = JSON.parse(readFileSync(file, 'utf8')) as {
    request: { dryRun: boolean; object: { metadata: { annotations: object } } };
  }; // a captured review
  value.request.dryRun = dryRun;
  value.request.object.metadata.annotations = { ...annotations, 'twofold.dev/mount-path': '/secrets' };
  return JSON.stringify(value);
}

async function prepareReviews(stack: Stack): Promise<Readonly<Record<string, string>>> {
  const ca = readFileSync(stack.caFile, 'utf8');
  const alice = createPerson({ url: stack.urls.console, ca, bearer: stack.bearers['alice'] ?? '' });
  const names = Array.from({ length: 10 }, (_, at) => `secret-${at}`);
  for (const name of names) await alice.store(name, 'x'.repeat(40));
  const annotationsFor = async (count: number) =>
    (await alice.ticket({ namespace: development.namespace, secrets: names.slice(0, count) })).annotations;
  const one = await annotationsFor(1);
  const ten = await annotationsFor(10);
  alice.close();
  return {
    'dry-run': reviewOf(one, true),
    'full, 1 secret': reviewOf(one, false),
    'full, 10 secrets': reviewOf(ten, false),
  };
}

function clientOf(stack: Stack): HttpsClient {
  return createHttpsClient({
    ca: readFileSync(stack.caFile, 'utf8'),
    cert: readFileSync(join(stack.clientDirs.apiServer, 'tls.crt'), 'utf8'),
    key: readFileSync(join(stack.clientDirs.apiServer, 'tls.key'), 'utf8'),
  });
}

/** Size of the patch in the response to a dry run, in bytes. */
async function patchBytes(load: Load): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const { body } = await load.client.call({
    ...load,
    method: 'POST',
    headers,
    timeoutMs: 9_000,
    maxResponseBytes: 1 << 20,
  });
  const { response } = JSON.parse(body.toString('utf8')) as { response: { patch?: string } }; // the webhook's answer
  return response.patch?.length ?? 0;
}

function figuresOf(what: string, { p50, p99, cpu }: Measured): readonly Figure[] {
  return [
    { bench: 'admission', what: `${what}: p50`, value: p50, unit: 'ms' },
    { bench: 'admission', what: `${what}: p99`, value: p99, unit: 'ms' },
    ...Object.entries(cpu).map(([name, value]) => ({
      bench: 'admission',
      what: `${what}: processor time, ${name}`,
      value,
      unit: 'ms',
    })),
  ];
}

/** The webhook's processor time over the floor's. */
function ratio(what: string, value: number, atMost?: number): Figure {
  return {
    bench: 'admission',
    what: `16 in flight, ${what}`,
    value,
    unit: '×',
    ...(atMost === undefined ? {} : { target: { atMost } }),
  };
}

function memory(stack: Stack): Figure {
  return {
    bench: 'admission',
    what: 'webhook’s resident memory after 16 in flight',
    value: rssMiB(stack.services.webhook.pid),
    unit: 'MiB',
    target: { atMost: 90 },
  };
}

function over(webhook: Measured | undefined, floor: Measured | undefined): number {
  return (webhook?.cpu['webhook'] ?? NaN) / (floor?.cpu['floor'] ?? NaN);
}

/** The processor time of the process at `load` over the floor's, alternating: the median of the rounds. */
async function inTurn(load: Load, pid: number, floor: Load, floorPid: number): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const both = await measure([load, floor], JUDGED, { webhook: pid, floor: floorPid });
    ratios.push(over(both, both));
  }
  return percentile(ratios, 0.5);
}

async function run(stack: Stack, say: (line: string) => void): Promise<readonly Figure[]> {
  const client = clientOf(stack);
  const reviews = await prepareReviews(stack);
  const dryRun = { client, url: stack.urls.webhook, body: reviews['dry-run'] ?? '' };
  const bytes = String(await patchBytes(dryRun));
  const floor = await startFloor(stack.dir, bytes);
  const floorLoad = { ...dryRun, url: floor.url };
  const pids = Object.fromEntries(Object.entries(stack.services).map(([name, { pid }]) => [name, pid]));
  const figures: Figure[] = [];
  const alone = new Map<string, Measured>();
  try {
    for (const inFlight of IN_FLIGHT) {
      const bare = await measure([floorLoad], inFlight, { floor: floor.pid });
      figures.push(...figuresOf(`floor, ${inFlight} in flight`, bare));
      for (const [what, body] of Object.entries(reviews)) {
        say(`admission: ${what}, ${inFlight} in flight`);
        const result = await measure([{ ...dryRun, body }], inFlight, pids);
        if (inFlight === JUDGED) alone.set('floor', bare).set(what, result);
        figures.push(...figuresOf(`${what}, ${inFlight} in flight`, result));
      }
      if (inFlight === JUDGED) figures.push(memory(stack));
    }
    for (const [what, atMost] of Object.entries(LIMITS)) {
      say(`admission: ${what}, ${JUDGED} in flight, in turn with the floor, ${ROUNDS} rounds`);
      const load = { ...dryRun, body: reviews[what] ?? '' };
      figures.push(
        ratio(
          `${what}: over the floor in turn with it`,
          await inTurn(load, stack.services.webhook.pid, floorLoad, floor.pid),
          atMost,
        ),
        ratio(`${what}: over the floor alone`, over(alone.get(what), alone.get('floor'))),
      );
    }
  } finally {
    client.close();
    await floor.stop();
  }
  return figures;
}

export const benchAdmission: Bench = async (say) => {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-bench-'));
  await build();
  // This measures how long an admission takes, so no limit may get in the way: one person, one namespace.
  const most = '1000000';
  const env = {
    webhook: { TWOFOLD_SWEEP_SECONDS: '600' },
    console: {
      TWOFOLD_STARTS_PER_MINUTE: most,
      TWOFOLD_QUOTA_SESSIONS: most,
      TWOFOLD_QUOTA_VERSIONS: most,
    },
  };
  const stack = await startStack({ dir, people: ['alice'], env, say: () => undefined });
  try {
    return await run(stack, say);
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
