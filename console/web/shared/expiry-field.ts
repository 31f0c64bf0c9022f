/**
 * The last day of a secret, as a form holds it and as it is shown: in the person's time zone where the browser has a script,
 * else in UTC. Zone 1, and zone 0 through the page's bundle: pure.
 */
import { endOfDay, isEndOfDay, knownZone, lastDay, parseInstant } from '#envelope/expiry.ts';

/** Times without a zone of somebody. */
export const NO_ZONE = 'UTC';

export interface TypedExpiry {
  /** As a date field holds it; empty for never. */
  readonly day: string;
  readonly zone: string;
  /** The stored instant that the form was made with, which stays where its day does; empty where there was none. */
  readonly stored: string;
}

export const noExpiry: TypedExpiry = { day: '', zone: NO_ZONE, stored: '' };

/** The field for what is stored. */
export function typedExpiry(expiresAt: number | undefined): TypedExpiry {
  return expiresAt === undefined
    ? noExpiry
    : { day: lastDay(expiresAt, NO_ZONE), zone: NO_ZONE, stored: new Date(expiresAt).toISOString() };
}

/** The same field for another zone: what has not been edited names its day there. */
export function inZone(typed: TypedExpiry, zone: string): TypedExpiry {
  const stored = parseInstant(typed.stored);
  const edited = stored === undefined || lastDay(stored, knownZone(typed.zone)) !== typed.day;
  return { ...typed, zone, day: edited ? typed.day : lastDay(stored, zone) };
}

/** Undefined where no calendar has the day. */
export function expiryOf(typed: TypedExpiry): number | 'never' | undefined {
  if (typed.day === '') return 'never';
  const zone = knownZone(typed.zone);
  const stored = parseInstant(typed.stored);
  return stored !== undefined && lastDay(stored, zone) === typed.day ? stored : endOfDay(typed.day, zone);
}

/** The last day, with the time where that does not end with it. */
export function shownLastDay(expiresAt: number, zone: string): string {
  return isEndOfDay(expiresAt, zone)
    ? new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: zone }).format(expiresAt - 1)
    : new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(
        expiresAt,
      );
}

/** The instant itself, for everybody. */
export function shownInstant(expiresAt: number): string {
  return `${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
