/** The mode of a session's files. No zone; design §6. */

/** What a refused mode should have been, for a person. */
export const FILE_MODE_RULE = 'an octal mode of read bits only; use 0400, 0440 or 0444';

/** `0440`, `440`: read bits only, at least one. */
export function parseFileMode(text: string): number | undefined {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  return (mode & ~0o444) === 0 && mode !== 0 ? mode : undefined;
}
