/** A Prometheus histogram between two scrapes. */

/** Cumulative counts by upper bound, in the order of the bounds. */
export type Buckets = readonly (readonly [bound: number, count: number])[];

/** Of the text exposition format: every series of this metric with these labels, added up. */
export function bucketsOf(text: string, metric: string, labels: Readonly<Record<string, string>>): Buckets {
  const sums = new Map<number, number>();
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${metric}{`) || !wanted.every((label) => line.includes(label))) continue;
    const bound = /le="([^"]+)"/.exec(line)?.[1];
    const limit = bound === '+Inf' ? Infinity : Number(bound);
    sums.set(limit, (sums.get(limit) ?? 0) + Number(line.slice(line.lastIndexOf(' '))));
  }
  return [...sums].sort(([a], [b]) => a - b);
}

/** Like Prometheus' `histogram_quantile`: linear within a bucket. NaN when nothing was observed in between. */
export function quantile(before: Buckets, after: Buckets, share: number): number {
  const earlier = new Map(before);
  const counts = after.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)] as const);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total === 0) return NaN;
  let [low, below] = [0, 0];
  for (const [bound, count] of counts) {
    if (count >= share * total) {
      // Above the last bound the value is unknown.
      if (bound === Infinity) return low;
      return low + ((bound - low) * (share * total - below)) / (count - below);
    }
    [low, below] = [bound, count];
  }
  return NaN;
}
