/** The mode of a session's files. No zone; docs/design.md#files. */
import type { Parsed } from './parsed.ts';

/** `0440`, `440`: read bits only, at least one. */
export function parseFileMode(text: string): Parsed<number> {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  return (mode & ~0o444) === 0 && mode !== 0
    ? { ok: true, value: mode }
    : {
        ok: false,
        problem: 'it is not an octal mode of read bits only; use 0400, 0440 or 0444',
      };
}

/** `0440`: four digits. */
export function encodeFileMode(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}
