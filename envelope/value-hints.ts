/**
 * What may be wrong with a value, for page and command line to say before it is stored. No zone; pure. A hint never
 * stops anybody, and none shows any part of the value. Binary values have none.
 */
import { fromUtf8 } from './bytes.ts';

export const valueHintTexts = {
  white_space: 'The value is nothing but white space.',
  key_unended:
    'The private key has no line break after its last line; add one, or OpenSSH refuses it (“error in libcrypto”).',
  key_line_ends:
    'Lines of the private key end with CR LF, as on Windows, or with spaces; remove them, or OpenSSH refuses it (“error in libcrypto”).',
  space_before: 'The value begins with white space, which is stored with it.',
  space_after: 'The value ends with white space, which is stored with it.',
  newline_after: 'The value ends with a line break, which is stored with it.',
  quotes: 'The value is in quotes, which are stored with it.',
  invisible:
    'The value has characters that cannot be seen, such as a zero-width space, a no-break space or a control character.',
  base64:
    'The value looks like base64 of a text or a file. Sessions get it as it is; if your program does not expect base64, decode it first.',
  utf16: 'The value is text in UTF-16, as Windows programs write it; most programs expect UTF-8.',
} as const;

export type ValueHint = keyof typeof valueHintTexts;

const PRIVATE_KEY = /^\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
/** Joiners are part of emoji, and of words of many scripts. */
const INVISIBLE =
  /[^\P{Cc}\t\n\r]|[^\P{Zs} ]|[\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]|[^\P{Cf}\u200C\u200D]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}\p{Lo}])[\u200C\u200D]/u;
const QUOTED = /^(?:"[^]+"|'[^]+'|`[^]+`|“[^]+”|‘[^]+’|„[^]+“|«[^]+»)$/u;
const BASE64 = /^[A-Za-z0-9+/_-]{8,}={0,2}$/;
const CONTROL = /[^\P{Cc}\t\n\r]/u;
/** How files begin that people pass on as base64: gzip, zip, a Java key store, DER (PKCS #12 and others). */
const FILES = ['1f8b', '504b0304', 'feedfeed', '3082'];
/** Fewer random bytes are too often valid UTF-8. */
const ENOUGH_BYTES = 16;

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

function decoded(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/[\r\n]/g, '');
  if (!BASE64.test(digits)) return undefined;
  try {
    const plain = atob(digits.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Random digits decode to bytes that are neither text nor the beginning of a file. */
function isBase64(text: string): boolean {
  const bytes = decoded(text);
  if (!bytes) return false;
  const begins = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const plain = textOf(bytes);
  const readable =
    plain !== undefined &&
    !CONTROL.test(plain) &&
    (plain.length === bytes.length || bytes.length >= ENOUGH_BYTES);
  bytes.fill(0);
  return readable || FILES.some((magic) => begins.startsWith(magic));
}

function keyHints(text: string, after: string): readonly ValueHint[] {
  const hints: ValueHint[] = [];
  if (!after.includes('\n')) hints.push('key_unended');
  if (/[ \t]\n|\r/.test(text)) hints.push('key_line_ends');
  return hints;
}

function endHints(body: string, after: string): readonly ValueHint[] {
  if (/[^\r\n]/.test(after)) return ['space_after'];
  return after !== '' && !/[\r\n]/.test(body) ? ['newline_after'] : [];
}

/** In the order in which they are shown. */
export function valueHints(bytes: Uint8Array): readonly ValueHint[] {
  const mark = `${bytes[0] ?? ''} ${bytes[1] ?? ''}`;
  if (mark === '255 254' || mark === '254 255') return ['utf16'];
  const text = textOf(bytes);
  if (text === undefined || text === '' || text.includes('\0')) return [];
  const body = text.trimEnd();
  if (body === '') return ['white_space'];
  const after = text.slice(body.length);
  const inner = body.trimStart();
  return [
    ...(/^[ \t\r\n]/.test(text) ? (['space_before'] as const) : []),
    ...(PRIVATE_KEY.test(text) ? keyHints(text, after) : endHints(body, after)),
    ...(QUOTED.test(inner) && !inner.includes('\n') ? (['quotes'] as const) : []),
    ...(INVISIBLE.test(text) ? (['invisible'] as const) : []),
    ...(isBase64(inner) ? (['base64'] as const) : []),
  ];
}
