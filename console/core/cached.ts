/** One answer, cached for a while. Zone 1. */

interface CacheOptions<T> {
  readonly clock: () => number;
  readonly forMs: number;
  /** For a failure, and for what `lasts` rejects. */
  readonly againMs: number;
  readonly lasts?: (answer: T) => boolean;
}

/** Makes one call at a time, and another when the time is over; a rejection is cached like an answer. */
export function cached<T>(
  ask: () => Promise<T>,
  { clock, forMs, againMs, lasts = () => true }: CacheOptions<T>,
): () => Promise<T> {
  let known: { readonly answer: Promise<T>; readonly from: number; until: number } | undefined;
  return () => {
    const now = clock();
    // A clock that was set back has said nothing about how long ago it was.
    if (known && known.from <= now && now < known.until) return known.answer;
    const asked = { answer: ask(), from: now, until: now + againMs };
    known = asked;
    asked.answer.then(
      (answer) => {
        if (lasts(answer)) asked.until = clock() + forMs;
      },
      () => undefined,
    );
    return asked.answer;
  };
}
