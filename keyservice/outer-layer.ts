/** The port through which the pure core has envelopes opened; the pool of worker threads is behind it. Zone 3. */
import type { EnvelopeParts } from '#envelope/outer/layout.ts';
import { refuse, type Refusal } from './refusals.ts';

/** `open` gives inner tokens, `rewrap` envelopes under the newest key. */
export type Operation = 'open' | 'rewrap';

/** All of them, in their order, or why none. `at` is the first envelope that is not authentic. */
export type Opened =
  | { readonly ok: true; readonly texts: readonly string[] }
  | { readonly ok: false; readonly reason: 'not_authentic'; readonly at: number }
  | { readonly ok: false; readonly reason: 'busy' | 'worker_lost' };

export interface OuterLayer {
  /** Never rejects for what an envelope contains. Their kids must be configured. */
  run(operation: Operation, envelopes: readonly EnvelopeParts[]): Promise<Opened>;
}

export function refusalOf(
  opened: Exclude<Opened, { ok: true }>,
  envelopes: readonly EnvelopeParts[],
): Refusal {
  switch (opened.reason) {
    case 'not_authentic': {
      const name = envelopes[opened.at]?.header.name ?? '';
      return refuse(
        'envelope_not_authentic',
        `envelope ${opened.at + 1} (secret "${name}") is damaged, or was sealed to another key than its kid names; replace this secret. None of the envelopes was released`,
      ).refusal;
    }
    case 'busy':
      return refuse('busy', 'ask again in a second; add cores or replicas if this happens often').refusal;
    case 'worker_lost':
      return refuse('worker_lost', 'ask again; the keyservice’s log says why the worker ended').refusal;
  }
}
