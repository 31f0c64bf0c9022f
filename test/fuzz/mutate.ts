/** Inputs that are nearly right: texts and JSON of a corpus, changed a little. */
import { isMembers, type Members } from './members.ts';
import type { Random } from './random.ts';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** What breaks parsers, whatever their grammar. */
const odd: readonly string[] = [
  '\0',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '\u0085',
  '\u2028',
  '\u202e',
  '\uFEFF',
  '\ud800',
  '\udfff',
  'é',
  'ﬀ',
  'İ',
  '😀',
  '\\',
  '/',
  '..',
  '%00',
  '%',
  '"',
  "'",
  '`',
  '$',
  '{',
  '[',
  '<',
  '&',
  ',',
  '=',
  ';',
  ':',
  '-',
  '0',
  '__proto__',
  'constructor',
  'null',
  '1e999',
];

const MOST_REPEATED = 2_000;
const LONGEST = 60_000;

function changeOnce(random: Random, text: string, tokens: readonly string[]): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.below(random.chance(0.8) ? 6 : text.length + 1));
  const token = random.chance(0.5) && tokens.length > 0 ? random.pick(tokens) : random.pick(odd);
  const [before, piece, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  switch (random.below(9)) {
    case 0:
      return before + after;
    case 1:
      return before + token + piece + after;
    case 2:
      return before + token + after;
    case 3:
      return (
        before + (piece || token).repeat(1 + random.below(random.chance(0.05) ? MOST_REPEATED : 4)) + after
      );
    case 4:
      return before;
    case 5:
      return before + (random.chance(0.5) ? piece.toUpperCase() : piece.toLowerCase()) + after;
    case 6:
      return (
        before +
        String.fromCharCode((piece.charCodeAt(0) || 0) ^ (1 << random.below(8))) +
        piece.slice(1) +
        after
      );
    case 7:
      return after + piece + before;
    default: {
      const from = random.below(text.length + 1);
      return before + text.slice(from, from + 1 + random.below(20)) + piece + after;
    }
  }
}

/** Mostly one change, now and then many. */
export function mutateText(random: Random, text: string, tokens: readonly string[] = []): string {
  let changed = text;
  do changed = changeOnce(random, changed, tokens).slice(0, LONGEST);
  while (random.chance(0.4));
  return changed;
}

export interface Dictionary {
  /** Members that mean something. */
  readonly keys: readonly string[];
  /** Pieces of texts that mean something. */
  readonly tokens: readonly string[];
  /** Values by member, of the whole corpus: what stands in one place of one input may stand there in another. */
  readonly values: ReadonlyMap<string, readonly Json[]>;
}

interface Spot {
  readonly parent: Json[] | Members;
  readonly key: string | number;
}

const MOST_SPOTS = 4_000;

/** Every place below a value. */
function spotsOf(root: Json): Spot[] {
  const spots: Spot[] = [];
  for (const waiting: Json[] = [root]; waiting.length > 0 && spots.length < MOST_SPOTS;) {
    const parent = waiting.pop();
    if (Array.isArray(parent)) for (const key of parent.keys()) spots.push({ parent, key });
    else if (isMembers(parent)) for (const key of Object.keys(parent)) spots.push({ parent, key });
    if (typeof parent === 'object' && parent !== null)
      for (const value of Object.values(parent)) if (typeof value === 'object') waiting.push(value);
  }
  return spots;
}

function at({ parent, key }: Spot): Json {
  // The spot is of this very parent.
  return (parent as Record<string | number, Json>)[key] as Json;
}

/** Own, whatever its name: `__proto__` would be the prototype otherwise. */
function put({ parent, key }: Spot, value: Json): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function drop({ parent, key }: Spot): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

const DEEP = 400;

function nest(depth: number): Json {
  let value: Json = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

export function copy<T extends Json>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T; // what JSON can say comes back as it was
}

function oddValue(random: Random): Json {
  return random.pick<() => Json>([
    () => null,
    () => true,
    () => false,
    () => 0,
    () => -1,
    () => 1.5,
    () => 1e308,
    () => 2 ** 53,
    () => -(2 ** 31),
    () => '',
    () => random.pick(odd),
    () => 'a'.repeat(random.below(2_000)),
    () => [],
    () => ({}),
    () => [null],
    () => ({ __proto__: null, a: 1 }),
    () => nest(random.below(DEEP)),
  ])();
}

function known(random: Random, { values, keys }: Dictionary, key: string | number): Json | undefined {
  const name = typeof key === 'string' && random.chance(0.9) ? key : random.pick(keys);
  const list = values.get(name);
  return list && copy(random.pick(list));
}

function replaceIn(random: Random, spot: Spot, dictionary: Dictionary): void {
  const value = at(spot);
  if (typeof value === 'string' && random.chance(0.6))
    put(spot, mutateText(random, value, dictionary.tokens));
  else if (typeof value === 'number' && random.chance(0.5))
    put(spot, random.pick([value + 1, -value, value * 1.5, value * 1e9, 0, String(value)]));
  else put(spot, known(random, dictionary, spot.key) ?? oddValue(random));
}

function changeSpot(random: Random, spot: Spot, dictionary: Dictionary): void {
  const { parent, key } = spot;
  const value = at(spot);
  const kind = random.below(9);
  if (kind === 0) drop(spot);
  else if (kind === 1) put(spot, oddValue(random));
  else if (kind === 2) put(spot, random.chance(0.5) ? [value] : { a: value });
  else if (kind === 3 && Array.isArray(parent)) {
    const times = random.chance(0.03) ? 300 : 1 + random.below(3);
    for (let each = 0; each < times && parent.length < 2_000; each += 1) parent.push(copy(value));
  } else if (kind === 4 && !Array.isArray(parent)) {
    drop(spot);
    const other = random.pick([...dictionary.keys, '__proto__', 'constructor', '', `${key} `]);
    put({ parent, key: other }, value);
  } else if (kind === 5 && (isMembers(value) || !Array.isArray(parent))) {
    const name = random.pick(dictionary.keys);
    const into = isMembers(value) ? value : parent;
    put({ parent: into, key: name }, known(random, dictionary, name) ?? oddValue(random));
  } else replaceIn(random, spot, dictionary);
}

/** Changes a value in place: mostly one spot, now and then many. `null` and texts have no spots, and stay. */
export function mutateJson(random: Random, root: Json, dictionary: Dictionary): void {
  do {
    const spots = spotsOf(root);
    if (spots.length === 0) return;
    changeSpot(random, random.pick(spots), dictionary);
  } while (random.chance(0.45));
}

const MOST_VALUES = 200;

/** What a corpus says: its members, and the values that each has. */
export function dictionaryOf(
  corpus: readonly Json[],
  tokens: readonly string[],
  more: Readonly<Record<string, readonly Json[]>> = {},
): Dictionary {
  const values = new Map<string, Json[]>();
  for (const root of corpus)
    for (const spot of spotsOf(root)) {
      if (typeof spot.key !== 'string') continue;
      const list = values.get(spot.key) ?? [];
      if (list.length < MOST_VALUES) list.push(at(spot));
      values.set(spot.key, list);
    }
  for (const [key, list] of Object.entries(more)) values.set(key, [...(values.get(key) ?? []), ...list]);
  return { keys: [...values.keys()], tokens, values };
}

/** What an input may be made of, each a little less: one at a time, the largest steps first. */
export function* smaller(value: Json): Generator<Json> {
  if (typeof value === 'string') {
    for (let size = Math.ceil(value.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0)
      for (let from = 0; from < value.length; from += size)
        yield value.slice(0, from) + value.slice(from + size);
    return;
  }
  if (typeof value === 'number' && value !== 0) yield 0;
  if (typeof value !== 'object' || value === null) return;
  const keys: readonly (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const without = (gone: ReadonlySet<string | number>): Json =>
    Array.isArray(value)
      ? value.filter((_, index) => !gone.has(index))
      : Object.fromEntries(Object.entries(value).filter(([key]) => !gone.has(key)));
  for (let size = Math.ceil(keys.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0)
    for (let from = 0; from < keys.length; from += size)
      yield without(new Set(keys.slice(from, from + size)));
  for (const key of keys) {
    for (const less of smaller(at({ parent: value, key }))) {
      const changed = Array.isArray(value) ? value.slice() : Object.fromEntries(Object.entries(value));
      put({ parent: changed, key }, less);
      yield changed;
    }
  }
}
