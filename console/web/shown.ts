/** Times and records as a person reads them. Zone 1. */
import { html, type Html } from './html.ts';
import { text } from './shared/text.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

function words(at: number, now: number): string {
  const past = now - at;
  if (past < 0 || past >= 7 * DAY) return date.format(at);
  if (past < MINUTE) return 'just now';
  if (past < HOUR) return ago.format(-Math.floor(past / MINUTE), 'minute');
  return past < DAY
    ? ago.format(-Math.floor(past / HOUR), 'hour')
    : ago.format(-Math.floor(past / DAY), 'day');
}

/** Relative to the server's clock, so that nobody's time zone matters; exact when pointed at. */
export function shownTime(at: number | undefined, now: number): Html {
  return at === undefined
    ? html`<span class="none">${text.never}</span>`
    : html`<time datetime="${new Date(at).toISOString()}" title="${exact.format(at)} UTC"
        >${words(at, now)}</time
      >`;
}

/** How long until then, or that it is over; exact when pointed at. */
export function shownUntil(at: number, now: number): Html {
  const left = at - now;
  const words =
    left < HOUR
      ? ago.format(Math.ceil(left / MINUTE), 'minute')
      : ago.format(Math.round(left / HOUR), 'hour');
  return html`<time datetime="${new Date(at).toISOString()}" title="${exact.format(at)} UTC"
    >${left <= 0 || left >= 2 * DAY ? date.format(at) : words}</time
  >`;
}

/** The last day before it ends. */
export function shownExpiry(expiresAt: number | undefined, now: number): Html {
  if (expiresAt === undefined) return html`<span class="none">${text.never}</span>`;
  const shown = html`<time datetime="${new Date(expiresAt).toISOString()}"
    >${date.format(expiresAt - 1)}</time
  >`;
  return expiresAt <= now ? html`${shown} <strong class="tag warn">${text.list.expired}</strong>` : shown;
}

/** As a date field accepts it: the last day of use. */
export function dateOf(expiresAt: number | undefined): string {
  return expiresAt === undefined ? '' : new Date(expiresAt - 1).toISOString().slice(0, 10);
}
