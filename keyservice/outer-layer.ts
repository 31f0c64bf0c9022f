/**
 * The port through which the pure core opens envelopes, and the health check that uses it; the pool of
 * worker threads implements it. Zone 3; docs/design.md#unwrap.
 */
import type { Cipher, Recipient } from '#envelope/cipher.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { parseEnvelope, type EnvelopeParts } from '#envelope/outer/layout.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import { refuse, type Refusal } from './refusals.ts';

/** `open` gives inner tokens, `rewrap` envelopes under the newest key. */
export type Operation = 'open' | 'rewrap';

/** All of them, in order, or why none. `at` is the first envelope that is not authentic. */
export type Opened =
  | { readonly ok: true; readonly texts: readonly string[] }
  | { readonly ok: false; readonly reason: 'not_authentic'; readonly at: number }
  | { readonly ok: false; readonly reason: 'busy' | 'worker_lost' };

export interface OuterLayer {
  /** Never rejects because of an envelope's content. Their kids must be configured. */
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
      return refuse('busy', 'try again in a second; add cores or replicas if this happens often').refusal;
    case 'worker_lost':
      return refuse('worker_lost', 'try again; the keyservice’s log says why the worker ended').refusal;
  }
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
const PROBE = 'round-trip';

/** The health check: seals to the newest key and opens again. Rejects with the reason when that fails. */
export function createRoundTrip(
  cipher: Pick<Cipher, 'random' | 'gcmEncrypt'>,
  recipient: Recipient,
  outerLayer: OuterLayer,
): () => Promise<void> {
  const ownerId = parseOwnerId(NOBODY);
  const secretId = parseSecretId(NOBODY);
  const name = parseSecretName(PROBE);
  if (!ownerId || !secretId || !name) throw new Error('the probe has no valid name');
  return async () => {
    const header = { ownerId, secretId, name, version: 1, gen: 1, salt: cipher.random(16) };
    const envelope = parseEnvelope(await sealOuter(cipher, recipient, header, PROBE));
    const opened = await outerLayer.run('open', [envelope]);
    if (!opened.ok) throw new Error(`the round trip ended with ${opened.reason}`);
    if (opened.texts[0] !== PROBE) throw new Error('the round trip brought back something else');
  };
}
