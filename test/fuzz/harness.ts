/**
 * Feeds a subject with inputs that are nearly right, and looks for what no input may do: end in an error that is none
 * of its own, take a second of processor time, never end, leave memory behind, or break what the subject promises.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { smaller, type Json } from './mutate.ts';
import { randomOf, type Random } from './random.ts';

export interface Subject {
  readonly name: string;
  /** `folder/module.ts function`, each parser that reads these inputs. */
  readonly covers: readonly string[];
  /** Of a whole run; 100,000 where absent. */
  readonly inputs?: number;
  /** Of `make test`; 1,000 where absent. */
  readonly slice?: number;
  readonly make: (random: Random) => Json;
  /** Throws where an input does what none may do. Takes any JSON: what is found is made smaller, whatever its shape. */
  readonly run: (input: Json) => void | Promise<void>;
}

export const INPUTS = 100_000;
export const SLICE = 1_000;

/** A promise that was broken. */
export class Fault extends Error {
  /** One word: what is made smaller must break the same promise. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.name = 'Fault';
    this.kind = kind;
  }
}

export function demand(holds: boolean, kind: string, why: () => string): asserts holds {
  if (!holds) throw new Fault(kind, why());
}

export interface Finding {
  readonly subject: string;
  readonly kind: string;
  readonly why: string;
  /** As small as it could be made; undefined where the fault is not of one input. */
  readonly input: Json | undefined;
}

const MOST_CPU_MS = 1_000;
const END_MS = 20_000;

async function ends(running: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault('endless', `no end after ${END_MS / 1000} s`)), END_MS);
  });
  try {
    await Promise.race([running, over]);
  } finally {
    clearTimeout(timer);
  }
}
interface Caught {
  readonly kind: string;
  readonly why: string;
}

function caughtOf(error: unknown): Caught {
  if (error instanceof Fault) return { kind: error.kind, why: error.message };
  if (!(error instanceof Error)) return { kind: 'crash', why: `threw ${String(error)}` };
  return { kind: `crash ${error.name}`, why: error.stack ?? error.message };
}

async function cpuMs(subject: Subject, input: Json): Promise<number> {
  const before = process.cpuUsage();
  try {
    const running = subject.run(input);
    if (running) await ends(running);
  } catch {
    // What it costs alone is looked at.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** What is wrong with one input. */
async function tryInput(subject: Subject, input: Json, mostMs = MOST_CPU_MS): Promise<Caught | undefined> {
  const from = performance.now();
  try {
    const running = subject.run(input);
    if (running) await ends(running);
  } catch (error) {
    return caughtOf(error);
  }
  // By the clock alone it cannot be told.
  if (performance.now() - from < mostMs / 4) return undefined;
  // The least of three: a pause of the garbage collector's, or of the machine's, is nobody's fault.
  let least = Infinity;
  for (let each = 0; each < 3; each += 1) least = Math.min(least, await cpuMs(subject, input));
  return least < mostMs
    ? undefined
    : { kind: 'slow', why: `${Math.round(least)} ms of processor time, of at most ${mostMs}` };
}

const SHRINK_TRIES = 20_000;
const SHRINK_MS = 15_000;

/** The smallest that still breaks the same promise, as far as it is found. */
async function shrink(
  subject: Subject,
  found: Json,
  { caught, mostMs }: { readonly caught: Caught; readonly mostMs: number },
): Promise<Finding> {
  const { kind } = caught;
  let [input, said] = [found, caught.why];
  const end = performance.now() + SHRINK_MS;
  let tries = 0;
  for (let better = true; better;) {
    better = false;
    for (const less of smaller(input)) {
      tries += 1;
      if (tries > SHRINK_TRIES || performance.now() > end) break;
      const still = await tryInput(subject, less, mostMs);
      if (still?.kind !== kind) continue;
      [input, said, better] = [less, still.why, true];
      break;
    }
  }
  return { subject: subject.name, kind, why: said, input };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // that flag puts it there

function memoryBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What compiled code, caches and statistics may take, and what no input may leave behind. */
const SPARE_BYTES = 256 * 1024;
const LEFT_BYTES = 48;
const CONFIRMED = 4;

interface Range {
  readonly seed: number;
  /** Numbers of inputs: from this one up to, without, the other. */
  readonly from: number;
  readonly to: number;
}

interface Watch {
  /** Processor time that one input may take; 1 s where absent. */
  readonly mostMs?: number;
  /** Told before each so many inputs which one is next. */
  readonly onProgress?: (next: number) => void;
}

const PROGRESS_EVERY = 50;

export async function replay(subject: Subject, input: Json): Promise<Finding | undefined> {
  const caught = await tryInput(subject, input);
  return caught && { subject: subject.name, input, ...caught };
}

/** All that is wrong with these inputs, one of each kind. */
export async function fuzz(
  subject: Subject,
  { seed, from, to }: Range,
  { onProgress, mostMs = MOST_CPU_MS }: Watch = {},
): Promise<readonly Finding[]> {
  const findings = new Map<string, Finding>();
  const feed = async (first: number, end: number): Promise<void> => {
    for (let index = first; index < end; index += 1) {
      if (index % PROGRESS_EVERY === 0) {
        onProgress?.(index);
        // What is thrown beside a promise shows itself now.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const input = subject.make(randomOf(seed, subject.name, index));
      // Once is enough: it is the slowest of all to look for.
      const caught = await tryInput(subject, input, findings.has('slow') ? Infinity : mostMs);
      if (caught && !findings.has(caught.kind))
        findings.set(caught.kind, await shrink(subject, input, { caught, mostMs }));
    }
  };
  const middle = Math.floor((from + to) / 2);
  await feed(from, middle);
  // Only what grows again each time, with inputs that it knows, is left behind by them.
  const most = SPARE_BYTES + LEFT_BYTES * (to - middle);
  let grown = Infinity;
  for (let each = 0, before = memoryBytes(); each <= CONFIRMED && grown > most; each += 1) {
    await feed(middle, to);
    const now = memoryBytes();
    grown = Math.min(grown, now - before);
    before = now;
  }
  if (grown > most && to - middle > 0) {
    const why = `${Math.round(grown / 1024)} KiB more after each ${to - middle} inputs`;
    findings.set('memory', { subject: subject.name, kind: 'memory', why, input: undefined });
  }
  return [...findings.values()];
}
