/** An attempt: what it needs, what it makes use of beside, and what is missing where it does not succeed. */
import type { Holding, Piece } from './loot.ts';
import type { Report } from './report.ts';
import type { SetId } from './sets.ts';
import type { World } from './world.ts';

export interface Attempt {
  readonly name: string;
  /** It is made by whoever has at least one of each of these lists. */
  readonly needs: readonly (readonly Piece[])[];
  /** What it takes along where it is held. */
  readonly uses: readonly Piece[];
  /** Sets with which it succeeds, and what it reads then: or else that it reads nothing would say nothing. */
  readonly control: { readonly sets: readonly SetId[]; readonly reads: string };
  run(held: Holding, world: World, report: Report): Promise<void>;
}

export function isPossible({ needs }: Attempt, held: Holding): boolean {
  return needs.every((any) => any.some((piece) => held[piece].length > 0));
}

export function seenBy({ needs, uses }: Attempt): readonly Piece[] {
  return [...new Set([...needs.flat(), ...uses])];
}
