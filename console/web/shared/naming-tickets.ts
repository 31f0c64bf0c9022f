/** What follows for tickets where a secret is deleted, in words. Zone 1, and zone 0 through the page's bundle: pure. */
import { shownInstant } from './expiry-field.ts';
import { text } from './text.ts';

/** A ticket with which a session can still start. */
interface NamingTicket {
  readonly namespace: string;
  readonly pod: string | null;
  readonly expiresAt: number;
}

/** As many are looked at; more are "at least" these. */
export const MAX_NAMING_TICKETS = 20;
const MAX_SHOWN = 5;

/** A sentence, and a line for each of the first tickets. */
export function consequences(tickets: readonly NamingTicket[]): {
  readonly sentence: string;
  readonly lines: readonly string[];
} {
  if (tickets.length === 0) return { sentence: text.remove.noTickets, lines: [] };
  const shown = tickets
    .slice(0, MAX_SHOWN)
    .map(({ namespace, pod, expiresAt }) => text.remove.ticket(namespace, pod, shownInstant(expiresAt)));
  const others = tickets.length - shown.length;
  const all = tickets.length < MAX_NAMING_TICKETS;
  return {
    sentence: text.remove.tickets(tickets.length, all),
    lines: others > 0 ? [...shown, text.remove.others(others, all)] : shown,
  };
}
