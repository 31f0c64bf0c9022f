/** Whose pod it is, by the ticket on it or by a trusted launcher's annotation. Zone 1; docs/design.md#resolve. */
import { ticketText } from '#envelope/annotations.ts';
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { LauncherClaim, Launchers } from './launchers.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { StartLimits } from './start-limits.ts';
import type { TicketRow } from './stores.ts';
import type { PodRequest, TicketCheck } from './ticket-check.ts';
import type { Trace } from './use-case.ts';

/** A pod with the evidence of whose it is. */
export interface PodWithOwner extends PodRequest {
  readonly ticket?: string | undefined;
  readonly launcher?: LauncherClaim | undefined;
}

export type PodOwner =
  | { readonly by: 'ticket'; readonly ownerId: OwnerId; readonly text: string; readonly row: TicketRow }
  | { readonly by: 'launcher'; readonly ownerId: OwnerId; readonly username: string };

/** The owner goes into `trace` as soon as it is known. */
export type FindPodOwner = (request: PodWithOwner, trace: Trace) => Promise<Outcome<PodOwner>>;

interface Ports {
  readonly ticketCheck: TicketCheck;
  readonly launchers: Launchers;
  readonly limits: Pick<StartLimits, 'mayAskIn' | 'missedIn'>;
}

export function createFindPodOwner({ ticketCheck, launchers, limits }: Ports): FindPodOwner {
  const byTicket = async (
    annotation: string,
    request: PodWithOwner,
    trace: Trace,
  ): Promise<Outcome<PodOwner>> => {
    const text = ticketText(annotation);
    const ticket = await ticketCheck.verify(text);
    if (!ticket.ok) return ticket;
    const { jti, sub } = ticket.value;
    Object.assign(trace, { ownerId: sub, jti });
    const row = await ticketCheck.check({ jti, text }, request);
    if (!row.ok) return row;
    const { namespace, launcher } = request;
    const { ownerId } = row.value;
    const meant = launcher ? await launchers.mayMean(namespace, launcher, ownerId) : ok(undefined);
    return meant.ok ? ok({ by: 'ticket', ownerId, text, row: row.value }) : meant;
  };

  return async (request, trace) => {
    const { namespace, ticket, launcher } = request;
    if (ticket !== undefined) return await byTicket(ticket, request, trace);
    if (launcher === undefined) {
      return refuse(
        'no_identity',
        'The pod has no twofold.dev/ticket, and no trusted launcher created it; put a ticket on it.',
      );
    }
    const limited = limits.mayAskIn(namespace);
    if (limited) return limited;
    const owner = await launchers.ownerOf(namespace, launcher);
    if (!owner.ok) {
      if (owner.refusal.code === 'launcher_user_unknown') limits.missedIn(namespace);
      return owner;
    }
    Object.assign(trace, { ownerId: owner.value });
    return ok({ by: 'launcher', ownerId: owner.value, username: launcher.username });
  };
}
