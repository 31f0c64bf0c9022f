/** Whether a session is one that its ticket allows, by the ticket's own row. Zone 1; design §6 step 5. */
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { SessionRow, TicketRow } from './stores.ts';

/** The first thing that differs, in words. */
function difference(session: SessionRow, ticket: TicketRow): string | undefined {
  if (ticket.jti !== session.jti || ticket.hash !== session.ticketHash) return 'another ticket';
  if (ticket.ownerId !== session.ownerId) return 'another owner';
  if (ticket.ns !== session.ns) return 'another namespace';
  if (ticket.sa !== session.sa) return 'another service account';
  // A minted ticket never stands on a pod, and any other was presented on one.
  if ((ticket.launcher === undefined) !== session.ticketOnPod) return 'another way to start it';
  return session.secrets.every(
    ({ ownerId, name }) => ownerId === ticket.ownerId && ticket.secrets.includes(name),
  )
    ? undefined
    : 'other secrets';
}

export function checkTicketOf(session: SessionRow, ticket: TicketRow): Outcome<void> {
  const differs = difference(session, ticket);
  return differs === undefined
    ? ok(undefined)
    : refuse('session_differs', `The session’s ticket is for ${differs}; start the session again.`);
}
