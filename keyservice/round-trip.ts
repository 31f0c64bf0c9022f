/** The health check: an envelope sealed to the newest key and opened again by the pool. Zone 3; design §9. */
import type { Cipher, Recipient } from '#envelope/cipher.ts';
import { parseOwnerId, parseSecretId, parseSecretName } from '#envelope/names.ts';
import { parseEnvelope } from '#envelope/outer/layout.ts';
import { sealOuter } from '#envelope/outer/seal.ts';
import type { OuterLayer } from './outer-layer.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const PROBE = 'round-trip';

/** Rejects, saying why, when what was sealed does not come back. */
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
