/** Choices that a seed decides: the same seed, subject and number give the same input, in whatever process. */
import { createRandom } from '../growth/harness.ts';

export interface Random {
  /** Below 1. */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
}

function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state >>> 0;
}

/** Of one input: the `index`th of a subject. */
export function randomOf(seed: number, subject: string, index: number): Random {
  const next = createRandom(hash(`${seed} ${subject} ${index}`));
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    // The list is not empty.
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
  };
}
