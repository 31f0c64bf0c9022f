/**
 * What a write contains: a name, and plaintext that the console seals or an envelope that the client sealed. Zone 1;
 * docs/design.md#writing.
 */
import { EnvelopeError } from '#envelope/errors.ts';
import { parseEnvelope, type EnvelopeParts } from '#envelope/outer/layout.ts';
import { tokenLength } from '#envelope/inner/layout.ts';
import { isEnvSafe } from '#envelope/env-safe.ts';
import { parseSecretName, SECRET_NAME_RULE, type SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { lengthOf } from '#envelope/selection.ts';
import { refuse, type Outcome } from './outcome.ts';

/** As the client declares it. */
export type ContentInput =
  | { readonly value: string }
  | { readonly bytes: Uint8Array }
  | { readonly valueBase64: string }
  | { readonly envelope: string; readonly size: number; readonly envSafe: boolean };

export type Content =
  | {
      readonly kind: 'plain';
      /** Wiped once it has been used. */
      readonly bytes: Uint8Array;
      readonly size: number;
      readonly envSafe: boolean;
    }
  | {
      readonly kind: 'sealed';
      readonly text: string;
      readonly parts: EnvelopeParts;
      readonly size: number;
      readonly envSafe: boolean;
    };

const LONE_SURROGATE = /\p{Surrogate}/u;

function sized(size: number, maxBytes: number): Outcome<number> {
  if (size === 0) return refuse('value_empty', 'The value is empty; send at least one byte.');
  return size > maxBytes
    ? refuse('value_too_large', `The value has ${size} bytes; this console stores at most ${maxBytes}.`)
    : ok(size);
}

/** Bytes as they are; wiped if refused. */
function contentOf(bytes: Uint8Array, maxBytes: number): Outcome<Content> {
  const size = sized(bytes.length, maxBytes);
  if (size.ok) return ok({ kind: 'plain', bytes, size: bytes.length, envSafe: isEnvSafe(bytes) });
  bytes.fill(0);
  return size;
}

function parseText(value: string, maxBytes: number): Outcome<Content> {
  return LONE_SURROGATE.test(value)
    ? refuse(
        'value_not_text',
        'The value holds half a surrogate pair; send its bytes as valueBase64 instead of value.',
      )
    : contentOf(Buffer.from(value, 'utf8'), maxBytes);
}

function parseBytes(base64: string, maxBytes: number): Outcome<Content> {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') === base64) return contentOf(bytes, maxBytes);
  bytes.fill(0);
  return refuse(
    'value_not_base64',
    'valueBase64 is not base64 of RFC 4648 section 4, with padding and without line breaks.',
  );
}

function parseSealed(
  input: { envelope: string; size: number; envSafe: boolean },
  maxBytes: number,
): Outcome<Content> {
  const size = sized(input.size, maxBytes);
  if (!size.ok) return size;
  let parts: EnvelopeParts;
  try {
    parts = parseEnvelope(input.envelope);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return refuse('envelope_malformed', `${error.message}; seal the value again.`);
  }
  return parts.ciphertext.length === tokenLength(input.size)
    ? ok({ kind: 'sealed', text: input.envelope, parts, size: input.size, envSafe: input.envSafe })
    : refuse(
        'envelope_size_differs',
        `A value of ${input.size} bytes becomes ${tokenLength(input.size)} bytes of ciphertext, not ${parts.ciphertext.length}; declare the size of the value itself.`,
      );
}

/** Sizes count bytes, not characters. */
export function parseContent(input: ContentInput, maxBytes: number): Outcome<Content> {
  if ('envelope' in input) return parseSealed(input, maxBytes);
  if ('bytes' in input) return contentOf(input.bytes, maxBytes);
  return 'value' in input ? parseText(input.value, maxBytes) : parseBytes(input.valueBase64, maxBytes);
}

export function parseName(text: string): Outcome<SecretName> {
  const name = parseSecretName(text);
  return name
    ? ok(name)
    : refuse('name_malformed', `The name (${lengthOf(text)}) is not a secret’s name; ${SECRET_NAME_RULE}.`);
}
