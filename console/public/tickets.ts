/** `/tickets`: issue, list with their uses, revoke. Zone 1; design §5 and §6 step 1. */
import type { z } from 'zod';
import { annotations } from '#envelope/annotations.ts';
import { parseSecretId, parseSecretName } from '#envelope/names.ts';
import { parsePodPattern } from '#envelope/pod.ts';
import { parseNames } from '#envelope/ticket.ts';
import { recordRefusal, type RefusalRecorder } from '../core/audit.ts';
import { done, refuse, type Outcome } from '../core/outcome.ts';
import { sessionAnnotations, type SessionAnnotations } from '../core/session-annotations.ts';
import type { SessionRow } from '../core/stores.ts';
import type { MintedTicket, TicketRequest, Tickets, UsedTicket } from '../core/tickets.ts';
import { parseBody } from '../http/body.ts';
import { instant, maybeInstant, parameter, parseQuery, type OwnerOf, type Routes } from './routes.ts';
import { ticketQuery, ticketRequest } from './schemas.ts';

interface Ports extends RefusalRecorder {
  readonly ownerOf: OwnerOf;
  readonly tickets: Tickets;
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

function issuedOf({ text, row }: MintedTicket, chosen: SessionAnnotations): object {
  return {
    ticket: text,
    jti: row.jti,
    expiresAt: instant(row.exp),
    annotations: { ...chosen, [annotations.ticket.key]: text },
  };
}

/** What the pod is to carry. */
function choiceOf(body: z.output<typeof ticketRequest>): Outcome<SessionAnnotations> {
  return sessionAnnotations({ ...body, secrets: parseNames(body.secrets) ?? [] });
}

/** The body's members in the domain's types; the schema has checked each with the same parsers. */
function requestOf(body: z.output<typeof ticketRequest>): Omit<TicketRequest, 'ownerId'> {
  return {
    ns: body.namespace,
    sa: body.serviceAccount,
    secrets: parseNames(body.secrets) ?? [],
    pod: parsePodPattern(body.pod),
    uses: body.uses,
    ttlSeconds: body.ttlSeconds,
    variables: body.env?.flatMap(({ name }) => parseSecretName(name) ?? []),
  };
}

const nothing: Partial<TicketRequest> = {};

export function createTicketsRoutes(
  ports: Ports,
): Pick<Routes, 'issueTicket' | 'listTickets' | 'revokeTicket'> {
  const { ownerOf, tickets } = ports;
  return {
    issueTicket: async (request) => {
      const ownerId = ownerOf(request);
      const body = parseBody(ticketRequest, request);
      const asked = body.ok ? done(requestOf(body.value)) : body;
      const chosen = body.ok ? choiceOf(body.value) : body;
      const issue = async (): Promise<Outcome<object>> => {
        if (!asked.ok) return asked;
        if (!chosen.ok) return chosen;
        const issued = await tickets.issue({ ownerId, ...asked.value });
        return issued.ok ? done(issuedOf(issued.value, chosen.value)) : issued;
      };
      const { secrets, ns, pod } = asked.ok ? asked.value : nothing;
      const subject = { ownerId, actor: 'owner', names: secrets, ns, pod };
      const outcome = await recordRefusal(ports, 'ticket', subject, await issue());
      return outcome.ok ? done({ status: 201, body: outcome.value }) : outcome;
    },
    listTickets: async (request) => {
      const query = parseQuery(ticketQuery, request);
      if (!query.ok) return query;
      const listed = await tickets.list(ownerOf(request), query.value);
      return done({ status: 200, body: { items: listed.map(itemOf) } });
    },
    revokeTicket: async (request) => {
      const ownerId = ownerOf(request);
      const jti = parseSecretId(parameter(request, 'jti'));
      const revoked = jti
        ? await tickets.revoke(ownerId, jti)
        : refuse('ticket_unknown', 'You have no ticket of this id; list your tickets.');
      const outcome = await recordRefusal(ports, 'revoke', { ownerId, actor: 'owner', jti }, revoked);
      return outcome.ok ? done({ status: 204 }) : outcome;
    },
  };
}
