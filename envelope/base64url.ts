/**
 * Strict base64url (RFC 4648 §5): one text for each byte string, so that nothing signed or stored is malleable.
 * No zone. JOSE omits the padding, Fernet requires it.
 */
import { malformed } from './errors.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const INVALID = 64;
const PAD = 61;
const symbols = Uint8Array.from(alphabet, (symbol) => symbol.charCodeAt(0));
const values = new Uint8Array(256).fill(INVALID);
symbols.forEach((symbol, value) => {
  values[symbol] = value;
});

const ascii = new TextDecoder('latin1');

/** Encodes without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let shift = 18; shift >= 0 && at < out.length; shift -= 6) {
      out[at] = symbols[(group >> shift) & 63] ?? 0;
      at += 1;
    }
  }
  return ascii.decode(out);
}

/** Encodes with padding, as Fernet does. */
export function encodePaddedBase64url(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/**
 * Decodes unpadded base64url. Throws `malformed`, naming `what`, on any symbol outside the alphabet, on padding,
 * on an impossible length and on unused bits that are not zero: re-encoding always gives the input.
 */
export function decodeBase64url(text: string, what: string): Uint8Array {
  const rest = text.length % 4;
  if (rest === 1) throw malformed(`${what} is not base64url`);
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let group = 0;
  let bits = 0;
  let at = 0;
  let seen = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? (values[code] ?? INVALID) : INVALID;
    seen |= value;
    group = ((group << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at] = (group >> bits) & 255;
      at += 1;
    }
  }
  const unused = group & ((1 << bits) - 1);
  if ((seen & INVALID) !== 0 || unused !== 0) throw malformed(`${what} is not base64url`);
  return out;
}

/** Decodes base64url that must carry its padding, under the same rules. */
export function decodePaddedBase64url(text: string, what: string): Uint8Array {
  if (text.length % 4 !== 0) throw malformed(`${what} is not padded base64url`);
  let end = text.length;
  while (end > text.length - 2 && end > 0 && text.charCodeAt(end - 1) === PAD) end -= 1;
  return decodeBase64url(text.slice(0, end), what);
}
