/** One use per key: what is made for one use must be invalid in another. No zone; docs/design.md#keys. */

interface KeyUse {
  /** The setting that lists the keys. */
  readonly variable: string;
  /** Key ids, which reveal nothing of the keys. */
  readonly kids: Iterable<string>;
}

/** A problem for each key that two settings list; it names both, and the key by its id. */
export function keysOfTwoUses(uses: readonly KeyUse[]): string[] {
  const first = new Map<string, string>();
  const problems: string[] = [];
  for (const { variable, kids } of uses) {
    for (const kid of kids) {
      const other = first.get(kid);
      if (other === undefined) first.set(kid, variable);
      else
        problems.push(
          `${variable} and ${other} both list the key ${kid}: each use needs keys of its own, so make another for one of them`,
        );
    }
  }
  return problems;
}
