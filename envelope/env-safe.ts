/**
 * Whether a value can be an environment variable: one bit, stored at write and checked again in the init container.
 * No zone; docs/design.md#pod.
 *
 * The init container writes `VAR='value'` lines into a file that the kubelet reads, so a value has no NUL, no `'` and
 * no carriage return, is UTF-8, and no line of that file is longer than 32 KiB, the longest possible name included.
 */
import { fromUtf8 } from './bytes.ts';
import { MAX_NAME_LENGTH } from './limits.ts';

export const MAX_ENV_LINE_BYTES = 32 * 1024;
const QUOTES_AND_EQUALS = 3;
const MAX_VALUE_LINE_BYTES = MAX_ENV_LINE_BYTES - MAX_NAME_LENGTH - QUOTES_AND_EQUALS;

const NUL = 0x00;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x27;

export function isEnvSafe(bytes: Uint8Array): boolean {
  let lineBytes = 0;
  for (const byte of bytes) {
    if (byte === NUL || byte === QUOTE || byte === CARRIAGE_RETURN) return false;
    lineBytes = byte === LINE_FEED ? 0 : lineBytes + 1;
    if (lineBytes > MAX_VALUE_LINE_BYTES) return false;
  }
  return isUtf8(bytes);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    fromUtf8(bytes);
    return true;
  } catch {
    return false;
  }
}
