/** Times as people write them. Zone 0; pure. */
import { failure } from './failure.ts';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90s`, `30m`, `8h`, `7d` as seconds. */
function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (units[unit] ?? 0);
}

export function demandDuration(text: string, option: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw failure('usage', `${option} is not a duration.`, 'Write 30m, 8h or 7d.');
  return seconds;
}

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A date (its start, UTC), a time with its zone, or a duration from now, as RFC 3339. */
export function parseInstant(text: string, nowMs: number): string {
  const seconds = parseDuration(text);
  const date = DATE.test(text) ? new Date(text) : undefined;
  const at = seconds === undefined ? date : new Date(nowMs + seconds * 1000);
  if (at === undefined || Number.isNaN(at.getTime())) {
    throw failure('usage', '--expires is not a time.', 'Write 2027-01-31, 2027-01-31T12:00:00Z, 30d or 12h.');
  }
  return at.toISOString();
}
