/**
 * Whether the cost of a parser grows no faster than its input, on the worst inputs that a search finds. Inputs are put
 * together from the tokens that matter to the grammar: a beginning, a part that is repeated, an end. Costs are processor
 * time, and only ratios of costs are judged, so that a busy machine fails nothing.
 */

/** A parser, or any computation over outside input. Sequences are indices of tokens. */
export interface Subject {
  /** `folder/module.ts function` of everything that runs. */
  readonly covers: readonly string[];
  readonly tokens: number;
  /** Beginnings from which the search continues: what leads deep into the grammar. */
  readonly starts: readonly (readonly number[])[];
  /** Most tokens that one input can have. */
  readonly most: number;
  /** Builds the input, for the function that is measured. What that throws is a refusal. */
  prepare(sequence: readonly number[]): () => unknown;
  show(token: number): string;
}

interface Shape {
  readonly start: readonly number[];
  readonly pump: readonly number[];
  readonly end: readonly number[];
}

/** In µs of processor time, for inputs of `tokens`/4, `tokens`/2 and `tokens`. */
interface Growth {
  readonly shape: Shape;
  readonly tokens: number;
  readonly costs: readonly number[];
  readonly ratio: number;
}

interface Effort {
  /** For the search, for each subject. */
  readonly searchMs: number;
  /** Minimum cost of the largest measured input, so that it can be told from noise. */
  readonly floorMs: number;
  readonly random: () => number;
}

/** Four times the input costs 4 times as much when linear, a little more for n log n, 16 when quadratic. */
export const MOST_RATIO = 8;
const FIRST = 64;
const TRIES = 4;
const RUNS = 5;
/** At first nothing larger than the smallest: exponential growth is found before it takes forever. */
const SMALLEST = 24;
const SMALLEST_SHARE = 0.1;
const FOUND_AT_ONCE_MICROS = 5_000;
/** The search is guided by how much more the larger of two sizes costs. */
const SMALL = 64;
const LARGE = 512;
const KEPT = 12;
const MEASURED = 2;

/** Random numbers below 1 from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sequenceOf({ start, pump, end }: Shape, tokens: number): readonly number[] {
  const sequence = start.slice();
  while (pump.length > 0 && sequence.length < tokens - end.length)
    for (const token of pump) sequence.push(token);
  for (const token of end) sequence.push(token);
  return sequence;
}

async function once(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  try {
    await run();
  } catch {
    // A refusal, which must not cost more than a success.
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function least(run: () => unknown, runs: number): Promise<number> {
  let low = Infinity;
  for (let each = 0; each < runs; each += 1) low = Math.min(low, await once(run));
  return low;
}

function costAt(subject: Subject, shape: Shape, tokens: number, runs: number): Promise<number> {
  return least(subject.prepare(sequenceOf(shape, tokens)), runs);
}

interface Candidate {
  readonly shape: Shape;
  readonly steepness: number;
}

function createBreeder({ tokens, starts }: Subject, random: () => number) {
  const below = (limit: number): number => Math.floor(random() * limit);
  /** Prefers short ones. */
  const some = (most: number): number[] => {
    const list: number[] = [];
    while (list.length < most && random() < 0.5) list.push(below(tokens));
    return list;
  };
  const changed = (list: readonly number[], most: number): readonly number[] => {
    const at = below(list.length + 1);
    const longer = [...list.slice(0, at), below(tokens), ...list.slice(at)];
    const other = [...list.slice(0, at), below(tokens), ...list.slice(at + 1)];
    const shorter = [...list.slice(0, at), ...list.slice(at + 1)];
    return [longer.slice(0, most), other.slice(0, most), shorter][below(3)] ?? other;
  };
  const start = (): readonly number[] => [...(starts[below(starts.length + 1)] ?? []), ...some(2)];
  return {
    fresh: (): Shape => ({ start: start(), pump: [below(tokens), ...some(4)], end: some(3) }),
    child: ({ start: before, pump, end }: Shape): Shape => ({
      start: random() < 0.3 ? start() : before,
      pump: random() < 0.6 ? changed(pump, 6) : pump,
      end: random() < 0.4 ? changed(end, 3) : end,
    }),
    pick: <T>(list: readonly T[]): T | undefined => list[below(list.length)],
  };
}

async function steepnessOf(subject: Subject, shape: Shape, runs: number): Promise<number> {
  const small = await costAt(subject, shape, SMALL, runs);
  return (await costAt(subject, shape, Math.min(LARGE, subject.most), runs)) / Math.max(small, 2);
}

type Found = { readonly explodes: Shape } | { readonly steepest: readonly Shape[] };

/** The steepest shapes, one for each set of repeated tokens: variants of one would hide the others. */
async function search(subject: Subject, { searchMs, random }: Effort): Promise<Found> {
  const breed = createBreeder(subject, random);
  let best = new Map<string, Candidate>();
  const consider = (candidate: Candidate): void => {
    const kind = [...new Set(candidate.shape.pump)].sort((a, b) => a - b).join();
    if ((best.get(kind)?.steepness ?? 0) >= candidate.steepness) return;
    best.set(kind, candidate);
    best = new Map([...best].sort(([, a], [, b]) => b.steepness - a.steepness).slice(0, KEPT));
  };
  const started = process.cpuUsage();
  const spentMs = (): number => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
  for (let spent = spentMs(); spent < searchMs; spent = spentMs()) {
    const parent = random() < 0.3 ? breed.pick([...best.values()]) : undefined;
    const shape = parent ? breed.child(parent.shape) : breed.fresh();
    if (spent < searchMs * SMALLEST_SHARE) {
      const explodes = async (runs: number): Promise<boolean> =>
        (await costAt(subject, shape, SMALLEST, runs)) > FOUND_AT_ONCE_MICROS;
      if ((await explodes(1)) && (await explodes(3))) return { explodes: shape };
      continue;
    }
    const bar = best.size < KEPT ? 0 : ([...best.values()].at(-1)?.steepness ?? 0);
    // Measured again before it displaces another: it may have been a pause of the garbage collector.
    if ((await steepnessOf(subject, shape, 1)) > bar)
      consider({ shape, steepness: await steepnessOf(subject, shape, 2) });
  }
  return { steepest: [...best.values()].slice(0, MEASURED).map(({ shape }) => shape) };
}

async function growthAt(subject: Subject, shape: Shape, tokens: number): Promise<Growth> {
  const runs = [tokens / 4, tokens / 2, tokens].map((size) => subject.prepare(sequenceOf(shape, size)));
  const costs: [number, number, number] = [Infinity, Infinity, Infinity];
  for (let each = 0; each < RUNS; each += 1)
    for (const [at, run] of runs.entries()) costs[at] = Math.min(costs[at] ?? Infinity, await once(run));
  const [quarter, half, whole] = costs;
  // Both steps must be steep: one alone is an input that is refused early, such as one of an impossible length.
  const ratio = Math.min(half / Math.max(quarter, 1), whole / Math.max(half, 1)) ** 2;
  return { shape, tokens, costs, ratio };
}

async function measureOnce(subject: Subject, shape: Shape, floorMicros: number): Promise<Growth | undefined> {
  let tokens = FIRST;
  while ((await costAt(subject, shape, tokens, 2)) < floorMicros) {
    if (tokens >= subject.most || shape.pump.length === 0) return undefined;
    tokens = Math.min(Math.ceil(tokens * 1.5), subject.most);
  }
  const growth = await growthAt(subject, shape, tokens);
  const [quarter = 0, half = 0, whole = 0] = growth.costs;
  const isSteep = (before: number, after: number): boolean => after >= before * Math.sqrt(MOST_RATIO);
  // If only one of the steps is steep, the next one tells: a pause, or a compiled expression, hides one of two.
  const undecided = isSteep(quarter, half) !== isSteep(half, whole);
  return undecided ? await growthAt(subject, shape, Math.min(tokens * 2, subject.most)) : growth;
}

/**
 * How the cost of one shape grows; undefined where its longest input costs less than the floor. What looks worse than
 * linear is measured again at twice the size, since noise does not grow with it: only what grows each time counts.
 */
async function measure(
  subject: Subject,
  shape: Shape,
  { floorMs }: Pick<Effort, 'floorMs'>,
): Promise<Growth | undefined> {
  let growth = await measureOnce(subject, shape, floorMs * 1000);
  for (let each = 1; each < TRIES && growth && growth.ratio >= MOST_RATIO; each += 1)
    growth = await growthAt(subject, shape, Math.min(growth.tokens * 2, subject.most));
  return growth;
}

const KNOWN_MOST = 1_000_000;
const KNOWN_FLOOR_MS = 10;

/** How the cost of one known input grows with `n`, up to where it can be told from noise. */
export async function growthOf<T>(build: (n: number) => T, run: (input: T) => unknown): Promise<Growth> {
  const subject: Subject = {
    covers: [],
    tokens: 1,
    starts: [],
    most: KNOWN_MOST,
    show: String,
    prepare: ({ length }) => {
      const input = build(length);
      return () => run(input);
    },
  };
  const shape = { start: [], pump: [0], end: [] };
  const growth = await measure(subject, shape, { floorMs: KNOWN_FLOOR_MS });
  return growth ?? { shape, tokens: KNOWN_MOST, costs: [0, 0, 0], ratio: 0 };
}

/** The worst growth that the search finds; undefined where no input of the subject costs as much as the floor. */
export async function worstGrowth(subject: Subject, effort: Effort): Promise<Growth | undefined> {
  const found = await search(subject, effort);
  if ('explodes' in found) {
    const shape = found.explodes;
    const costs: number[] = [];
    for (const parts of [4, 2, 1]) costs.push(await costAt(subject, shape, SMALLEST / parts, 1));
    return { shape, tokens: SMALLEST, costs, ratio: Infinity };
  }
  let worst: Growth | undefined;
  for (const shape of found.steepest) {
    const growth = await measure(subject, shape, effort);
    if (growth && growth.ratio > (worst?.ratio ?? 0)) worst = growth;
    if (worst && worst.ratio >= MOST_RATIO) break;
  }
  return worst;
}

/** For the message of a failing test: enough to reproduce it. */
export function describeGrowth(subject: Subject, { shape, tokens, costs, ratio }: Growth): string {
  const show = (list: readonly number[]): string => `[${list.map((token) => subject.show(token)).join(' ')}]`;
  const told = `${show(shape.start)} ${show(shape.pump)}×n ${show(shape.end)}`;
  const micros = costs.map((cost) => `${cost} µs`).join(', ');
  return `${told}: ${micros} for ${tokens} tokens in quarters, halves and whole: ×${ratio.toFixed(1)}`;
}
