/** How results look: tables for people, JSON for programs. Zone 0. */

/** The result of a command, in both forms. */
export interface Result {
  readonly json: object;
  /** Without the last newline; empty: nothing is printed. */
  readonly text: string;
  /** In place of that newline. */
  readonly end?: '';
}

const NOTHING = '-';

/** `Name  value` lines. */
export function properties(pairs: readonly (readonly [string, string | undefined])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value ?? NOTHING}`).join('\n');
}

/** To the minute, in UTC. */
export function time(instant: string | null): string {
  return instant === null ? NOTHING : `${instant.slice(0, 16).replace('T', ' ')}Z`;
}

export function bytes(count: number): string {
  return count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} KiB`;
}
