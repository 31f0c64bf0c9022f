/**
 * When a secret expires: a day ends at its end in the time zone of the person who names it, and an instant is a real one.
 * Zones 0 and 1; pure. A zone is a name of the IANA database.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No zone is further from UTC. */
const MAX_OFFSET_MS = 16 * 60 * MINUTE_MS;
/** The last instant that RFC 3339 can write. */
const MAX_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0');
}

/** The start of a day in UTC; undefined for a day that no calendar has, which `Date` moves into the next month. */
function startOfDay(day: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day) ? at : undefined;
}

/** Reads a clock on the wall in this zone: the day as a number that sorts, 20270131. */
function wallCalendar(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return (parts.get('year') ?? 0) * 10_000 + (parts.get('month') ?? 0) * 100 + (parts.get('day') ?? 0);
  };
}

/** The first instant that is no longer this day in this zone; undefined where there is no such day, or before 1970. */
export function endOfDay(day: string, zone: string): number | undefined {
  const start = startOfDay(day);
  if (start === undefined) return undefined;
  const dayAt = wallCalendar(zone);
  const wanted = Number(day.replaceAll('-', ''));
  // A search, since a day may begin at 01:00, and an offset may change on any day.
  let before = start + DAY_MS - MAX_OFFSET_MS;
  let after = start + DAY_MS + MAX_OFFSET_MS;
  while (after - before > MINUTE_MS) {
    const middle = before + Math.floor((after - before) / (2 * MINUTE_MS)) * MINUTE_MS;
    if (dayAt(middle) > wanted) after = middle;
    else before = middle;
  }
  return isInstant(after) ? after : undefined;
}

/** The last day in this zone that is not over before this instant. */
export function lastDay(expiresAt: number, zone: string): string {
  const day = wallCalendar(zone)(expiresAt - 1);
  return `${pad(Math.floor(day / 10_000), 4)}-${pad(Math.floor(day / 100) % 100, 2)}-${pad(day % 100, 2)}`;
}

/** Whether it is the end of its last day in this zone. */
export function isEndOfDay(expiresAt: number, zone: string): boolean {
  return endOfDay(lastDay(expiresAt, zone), zone) === expiresAt;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A time with its offset from UTC; undefined for one that no calendar or clock has. */
export function parseInstant(text: string): number | undefined {
  const day = INSTANT.exec(text)?.[1];
  const at = day !== undefined && startOfDay(day) !== undefined ? Date.parse(text) : NaN;
  return isInstant(at) ? at : undefined;
}

/** From 1970 to the last instant that RFC 3339 can write. */
export function isInstant(at: number): boolean {
  return at >= 0 && at <= MAX_INSTANT_MS;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A zone that this machine knows, else UTC. */
export function knownZone(zone: string): string {
  return zone.length <= 64 && isZone(zone) ? zone : 'UTC';
}

/** Of this machine, as its user has set it. */
export function localZone(): string {
  return knownZone(new Intl.DateTimeFormat().resolvedOptions().timeZone);
}
