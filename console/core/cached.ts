/** One answer for everybody who asks within a while. Zone 1. */

interface CacheOptions<T> {
  readonly clock: () => number;
  readonly forMs: number;
  /** A failure, and what `lasts` denies, is asked for again sooner. */
  readonly againMs: number;
  readonly lasts?: (answer: T) => boolean;
}

/** Asks one at a time, and again when the time is over; a rejection is kept like an answer. */
export function cached<T>(
  ask: () => Promise<T>,
  { clock, forMs, againMs, lasts = () => true }: CacheOptions<T>,
): () => Promise<T> {
  let known: { readonly answer: Promise<T>; until: number } | undefined;
  return () => {
    if (known && known.until > clock()) return known.answer;
    const asked = { answer: ask(), until: clock() + againMs };
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
