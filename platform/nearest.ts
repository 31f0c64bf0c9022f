/** What was probably meant by a word that is mistyped. No zone; pure. */

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(from: string, to: string): number {
  let [beforeLast, last]: [readonly number[], readonly number[]] = [
    [],
    Array.from({ length: to.length + 1 }, (_, at) => at),
  ];
  for (let row = 1; row <= from.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      now[column] = Math.min(
        (now[column - 1] ?? 0) + 1,
        (last[column] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, now];
  }
  return last[to.length] ?? 0;
}

/** The nearest of these; undefined where more than about a third of the word would change. Case does not count. */
export function nearest(word: string, all: Iterable<string>): string | undefined {
  const limit = Math.min(3, Math.floor((word.length + 1) / 3));
  let [found, least]: [string | undefined, number] = [undefined, limit + 1];
  for (const one of all) {
    if (Math.abs(one.length - word.length) >= least) continue;
    const steps = distance(word.toLowerCase(), one.toLowerCase());
    if (steps < least) [found, least] = [one, steps];
  }
  return found;
}
