/**
 * The keyservice's `unwrap` over its real socket, 20 names a call, audit and checks included, as a share of what
 * `openssl speed rsa2048` does on the same cores.
 */
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sealInner } from '#envelope/inner/seal.ts';
import { nodeCipher } from '#envelope/node-cipher.ts';
import type { ClientTls } from '#platform/https-client.ts';
import { createMaterial, place, sessionId } from '../keyservice/testing/material.ts';
import { install, startService, type Service } from '../keyservice/testing/service.ts';
import { build, repository } from '../scripts/build.ts';
import { percentile, type Bench, type Figure } from './figure.ts';
import { cpuMs } from './process-figures.ts';
import { load } from './raw-client.ts';

const NAMES = 20;
const VALUE_BYTES = 64;
const IN_FLIGHT = 8;
const MEASURE_MS = 2_000;
const ROUNDS = 5;

interface Prepared {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly tls: ClientTls;
}

async function prepare(): Promise<Prepared> {
  const material = createMaterial();
  const { dir, env, clientTls } = await install(material);
  const names = Array.from({ length: NAMES }, (_, at) => `secret-${at}`);
  const seal = async (name: string): Promise<string> => {
    const plaintext = randomBytes(VALUE_BYTES);
    const token = await sealInner(nodeCipher, { key: randomBytes(32), plaintext, nowSeconds: 1 });
    return material.seal(name, { token });
  };
  const envelopes = await Promise.all(names.map(seal));
  const ticket = await material.ticket(names);
  const body = Buffer.from(JSON.stringify({ ticket, sid: sessionId(), place, envelopes }));
  return { dir, env, body, tls: clientTls('webhook-unwrap') };
}

function start(cores: string, { env }: Prepared): Promise<Service> {
  return startService(
    ['taskset', '-c', cores, process.execPath, join(repository, 'dist/keyservice.js')],
    env,
  );
}

interface Rate {
  /** Names opened per second of wall time. */
  readonly wall: number;
  /** Names opened per second of the service's own CPU time, which other processes on the machine hardly affect. */
  readonly cpu: number;
}

async function measure({ child, url }: Service, { body, tls }: Prepared): Promise<Rate> {
  const pid = child.pid ?? 0;
  const [cpuBefore, started] = [cpuMs(pid), performance.now()];
  const answers = await load({ url: `${url}/v1/unwrap`, body, tls }, IN_FLIGHT, MEASURE_MS);
  const names = answers * NAMES * 1000;
  return { wall: names / (performance.now() - started), cpu: names / (cpuMs(pid) - cpuBefore) };
}

/** Private operations of openssl on one core: per second of wall time, and of its own processor time. */
async function opensslRate(core: string): Promise<Rate> {
  const rate = async (...how: string[]): Promise<number> => {
    const args = ['-c', core, 'openssl', 'speed', '-seconds', '1', ...how, 'rsa2048'];
    const { stdout } = await promisify(execFile)('taskset', args);
    const found = /rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)/.exec(stdout)?.[1];
    if (found === undefined) throw new Error('openssl speed printed no figure');
    return Number(found);
  };
  return { wall: await rate('-elapsed'), cpu: await rate() };
}

function pinSelf(cores: string): void {
  execFileSync('taskset', ['-acp', cores, String(process.pid)]);
}

/** Both at the same time: what two cores of this machine deliver at the moment, to anyone. */
async function opensslOnBoth(): Promise<number> {
  const [first, second] = await Promise.all([opensslRate('0'), opensslRate('1')]);
  return first.wall + second.wall;
}

/** What one round measured. Ratios are taken within a round: a shared machine's speed changes from minute to minute. */
interface Round {
  readonly openssl: Rate;
  readonly opensslOnBoth: number;
  readonly one: Rate;
  readonly two: Rate;
}

async function measureRound(prepared: Prepared, services: Services): Promise<Round> {
  pinSelf('1');
  const openssl = await opensslRate('0');
  const one = await measure(services.one, prepared);
  pinSelf('0,1');
  return { openssl, one, two: await measure(services.two, prepared), opensslOnBoth: await opensslOnBoth() };
}

interface Services {
  readonly one: Service;
  readonly two: Service;
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const median = (of: (round: Round) => number): number => percentile(rounds.map(of), 0.5);
  const bench = 'unwrap';
  return [
    { bench, what: 'openssl, one core', value: median(({ openssl }) => openssl.wall), unit: 'RSA/s' },
    { bench, what: 'one core', value: median(({ one }) => one.wall), unit: 'names/s' },
    {
      bench,
      what: 'one core, share of openssl',
      unit: '',
      target: { atLeast: 0.75 },
      value: median(({ openssl, one }) => one.wall / openssl.wall),
    },
    {
      bench,
      what: 'the same by processor time',
      unit: '',
      value: median(({ openssl, one }) => one.cpu / openssl.cpu),
    },
    { bench, what: 'two cores', value: median(({ two }) => two.wall), unit: 'names/s' },
    {
      bench,
      what: 'two cores, times one core',
      unit: '',
      target: { atLeast: 1.8 },
      value: median(({ one, two }) => two.wall / one.wall),
    },
    {
      bench,
      what: 'the same of openssl: what the machine has',
      unit: '',
      value: median((round) => round.opensslOnBoth / round.openssl.wall),
    },
  ];
}

export const benchUnwrap: Bench = async (say) => {
  say(`unwrap: ${ROUNDS} rounds of ${NAMES} names a call, on one core and on two, alongside openssl`);
  await build({ names: ['keyservice'] });
  const prepared = await prepare();
  const services = { one: await start('0', prepared), two: await start('0,1', prepared) };
  try {
    // Twice, so that what is measured has been compiled.
    for (const service of [services.one, services.two, services.one, services.two])
      await measure(service, prepared);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureRound(prepared, services));
    return figuresOf(rounds);
  } finally {
    for (const { child } of Object.values(services)) child.kill('SIGTERM');
    rmSync(prepared.dir, { recursive: true, force: true });
  }
};
