/** Envelopes from a caller: each well-formed, and sealed to a configured key. Zone 3; docs/design.md#unwrap. */
import { EnvelopeError } from '#envelope/errors.ts';
import { parseEnvelope, type EnvelopeParts } from '#envelope/outer/layout.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './refusals.ts';

/** Sizes of the moduli of the configured keys, by kid. */
export type KeySizes = ReadonlyMap<string, number>;

/** How a refusal names an envelope. */
export function nameOf(at: number, { header }: EnvelopeParts): string {
  return `envelope ${at + 1} (secret "${header.name}")`;
}

function parseOne(text: string, at: number): Outcome<EnvelopeParts> {
  try {
    return ok(parseEnvelope(text));
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return refuse('envelope_malformed', `envelope ${at + 1}: ${error.message}; replace this secret`);
  }
}

export function parseEnvelopes(texts: readonly string[]): Outcome<readonly EnvelopeParts[]> {
  const envelopes: EnvelopeParts[] = [];
  for (const [at, text] of texts.entries()) {
    const parsed = parseOne(text, at);
    if (!parsed.ok) return parsed;
    envelopes.push(parsed.value);
  }
  return ok(envelopes);
}

/** Whether every envelope's key is configured, and of the size that its encrypted key has. */
export function checkKeys(
  envelopes: readonly EnvelopeParts[],
  keys: KeySizes,
): Outcome<readonly EnvelopeParts[]> {
  for (const [at, envelope] of envelopes.entries()) {
    const size = keys.get(envelope.header.kid);
    if (size === undefined) {
      return refuse(
        'envelope_unknown_key',
        `${nameOf(at, envelope)} is sealed to key ${envelope.header.kid}; put that key back into TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE, or replace this secret`,
      );
    }
    if (size !== envelope.wrappedKey.length) {
      return refuse(
        'envelope_malformed',
        `${nameOf(at, envelope)}: encrypted key is not of its key’s size; replace this secret`,
      );
    }
  }
  return ok(envelopes);
}
