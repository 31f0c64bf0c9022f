/** Times as people write them, and as they are told. Zone 0; pure. */
import { endOfDay, isEndOfDay, isInstant, lastDay, parseInstant } from '#envelope/expiry.ts';
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

/** Where and when a person writes a time. */
interface Here {
  readonly nowMs: number;
  readonly zone: string;
}

/** RFC 3339, or null for never: a date (the end of that day here), a time with its offset, or a duration from now. */
export function parseExpiry(text: string, { nowMs, zone }: Here): string | null {
  if (text === 'never') return null;
  const seconds = parseDuration(text);
  const at = seconds === undefined ? (endOfDay(text, zone) ?? parseInstant(text)) : nowMs + seconds * 1_000;
  if (at === undefined || !isInstant(at)) {
    const next = 'Write 2027-01-31 (the end of that day), 2027-01-31T12:00:00Z, 30d, 12h, or never.';
    throw failure('usage', '--expires is not a time.', next);
  }
  if (at <= nowMs) throw failure('usage', '--expires is in the past.', 'Write today, or a later day.');
  return new Date(at).toISOString();
}

/** `2027-01-31T23:00:00Z, the end of 2027-01-31 in Europe/Zurich` */
export function toldExpiry(expiresAt: string, zone: string): string {
  const at = Date.parse(expiresAt);
  const instant = new Date(at).toISOString().replace('.000Z', 'Z');
  return isEndOfDay(at, zone) ? `${instant}, the end of ${lastDay(at, zone)} in ${zone}` : instant;
}
