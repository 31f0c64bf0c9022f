/** `/tickets`: issue, list and get with their uses, revoke. Zone 1; docs/design.md#tickets. */
import type { z } from 'zod';
import { parsePodPattern } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import type { SessionRow } from '../core/stores.ts';
import { unknownTicket, type IssuedTicket, type TicketRequest, type UsedTicket } from '../core/tickets.ts';
import type { UseCases } from '../core/use-cases.ts';
import { parseBody } from '../http/body.ts';
import { parameter } from '../http/request.ts';
import { instant, maybeInstant, parseQuery, type OwnerOf, type Routes } from './routes.ts';
import { ticketQuery, ticketRequest } from './ticket-schemas.ts';

interface Ports {
  readonly ownerOf: OwnerOf;
  readonly cases: Pick<UseCases, 'issueTicket' | 'listTickets' | 'findTicket' | 'revokeTicket'>;
}

function sessionOf(row: SessionRow): object {
  return {
    sid: row.sid,
    pod: row.pod ?? null,
    podUid: row.podUid ?? null,
    openedAt: instant(row.openedAt),
    firstClaimAt: maybeInstant(row.firstClaimAt),
    lastClaimAt: maybeInstant(row.lastClaimAt),
    claims: row.claims,
  };
}

function itemOf({ ticket, sessions }: UsedTicket): object {
  return {
    jti: ticket.jti,
    namespace: ticket.ns,
    serviceAccount: ticket.sa,
    secrets: ticket.secrets,
    pod: ticket.pod ?? null,
    uses: ticket.uses ?? null,
    used: ticket.used,
    launcher: ticket.launcher ?? null,
    issuedAt: instant(ticket.issuedAt),
    expiresAt: instant(ticket.exp),
    revokedAt: maybeInstant(ticket.revokedAt),
    sessions: sessions.map(sessionOf),
  };
}

function issuedOf({ text, row, annotations }: IssuedTicket): object {
  return {
    ticket: text,
    jti: row.jti,
    expiresAt: instant(row.exp),
    annotations,
  };
}

/** The body's members in the domain's types; the schema has checked each with the same parsers. */
function requestOf(body: z.output<typeof ticketRequest>): TicketRequest {
  const { namespace, serviceAccount, secrets, pod, ...rest } = body;
  return {
    ...rest,
    ns: namespace,
    sa: serviceAccount,
    secrets: parseNames(secrets) ?? [],
    pod: parsePodPattern(pod),
  };
}

export function createTicketsRoutes({
  ownerOf,
  cases,
}: Ports): Pick<Routes, 'issueTicket' | 'listTickets' | 'getTicket' | 'revokeTicket'> {
  return {
    issueTicket: async (request) => {
      const body = parseBody(ticketRequest, request);
      const asked = body.ok ? ok(requestOf(body.value)) : body;
      const issued = await cases.issueTicket({ ownerId: ownerOf(request), asked });
      return issued.ok ? ok({ status: 201, body: issuedOf(issued.value) }) : issued;
    },
    listTickets: async (request) => {
      const query = parseQuery(ticketQuery, request);
      if (!query.ok) return query;
      const listed = await cases.listTickets(ownerOf(request), query.value);
      return ok({ status: 200, body: { items: listed.map(itemOf) } });
    },
    getTicket: async (request) => {
      const found = await cases.findTicket(ownerOf(request), parameter(request, 'jti'));
      return found ? ok({ status: 200, body: itemOf(found) }) : unknownTicket();
    },
    revokeTicket: async (request) => {
      const asked = { ownerId: ownerOf(request), jti: parameter(request, 'jti') };
      const revoked = await cases.revokeTicket(asked);
      return revoked.ok ? ok({ status: 204 }) : revoked;
    },
  };
}
