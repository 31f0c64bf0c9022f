/**
 * What a ticket allows: when presented, this pod and these names; later, this session. Zone 1;
 * docs/design.md#tickets.
 */
import type { Verifier } from '#envelope/cipher.ts';
import type { JwsRefusal } from '#envelope/jws.ts';
import type { SecretName } from '#envelope/names.ts';
import { CLOCK_LEEWAY_SECONDS } from '#envelope/limits.ts';
import { placeDifference, type PlaceDifference } from '#envelope/place.ts';
import type { PodIdentity } from '#envelope/pod.ts';
import { verifyTicket, type Ticket } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import type { RefusalCode } from '../refusals.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { SessionRow, SessionStore, TicketRow, TicketStore } from './stores.ts';
import type { MintConfig, TicketHash } from './ticket-minting.ts';

export interface PodRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: PodIdentity;
  readonly names: readonly SecretName[];
}

interface PresentedTicket {
  readonly jti: string;
  readonly text: string;
}

export interface TicketCheck {
  /** The claims of a ticket of which only signature and times have been checked. */
  verify(text: string): Promise<Outcome<Ticket>>;
  /**
   * Its row, if the text is the one issued and the row allows this pod and these names, and has a use left or already
   * has a session for a pod of this name: such a create is repeated, and the API server should answer it.
   */
  check(ticket: PresentedTicket, request: PodRequest): Promise<Outcome<TicketRow>>;
}

interface Ports {
  readonly tickets: Pick<TicketStore, 'find'>;
  readonly sessions: Pick<SessionStore, 'existsFor'>;
  readonly ticketHash: TicketHash;
  readonly clock: () => number;
  readonly verifiers: ReadonlyMap<string, Verifier>;
}

const reasons: Readonly<Record<JwsRefusal, readonly [RefusalCode, string]>> = {
  malformed: ['ticket_malformed', 'The ticket is cut or altered; copy it whole, or get a new one.'],
  unknown_key: ['ticket_unknown_key', 'The ticket’s key id is unknown to this console; get a new ticket.'],
  not_authentic: ['ticket_not_authentic', 'The ticket’s signature is not valid; get a new ticket.'],
  wrong_issuer: ['ticket_wrong_issuer', 'The ticket’s iss is not this console; get a ticket here.'],
  wrong_audience: ['ticket_wrong_audience', 'The ticket’s aud is not this cluster; get a ticket for it.'],
  not_yet_valid: [
    'ticket_not_yet_valid',
    'The ticket’s nbf is in the future; compare the clocks, then get a new ticket.',
  ],
  expired: ['ticket_expired', 'The ticket’s exp has passed; get a new ticket.'],
};

const placeCodes: Readonly<Record<PlaceDifference['claim'], RefusalCode>> = {
  ns: 'ticket_other_namespace',
  sa: 'ticket_other_service_account',
  pod: 'ticket_other_pod',
};

function checkPlace(ticket: TicketRow, { namespace, serviceAccount, pod }: PodRequest): Outcome<void> {
  const { name, generateName } = pod;
  const difference = placeDifference(ticket, { ns: namespace, sa: serviceAccount, name, generateName });
  return difference === undefined
    ? ok(undefined)
    : refuse(placeCodes[difference.claim], `${difference.words}; get a ticket for it.`);
}

function revoked(jti: string): Outcome<never> {
  return refuse('ticket_revoked', `The ticket with jti ${jti} has been revoked; get a new one.`);
}

/** A signature shows only that one of the console's keys was used; the row shows that the console issued this text. */
function checkIssued(row: TicketRow, isIts: boolean): Outcome<void> {
  if (!isIts) {
    return refuse(
      'ticket_not_issued',
      `The ticket is not the one that was issued with jti ${row.jti}; get a new one.`,
    );
  }
  return row.launcher === undefined
    ? ok(undefined)
    : refuse(
        'ticket_of_launcher',
        'The ticket was made for a trusted launcher’s session and is valid for that one only; get one of your own.',
      );
}

function checkExpiry(row: TicketRow, now: number): Outcome<void> {
  return row.exp <= now - CLOCK_LEEWAY_SECONDS * 1000 ? refuse(...reasons.expired) : ok(undefined);
}

/** Whether no session of this ticket that is still unclaimed can ever be claimed: uses never come back. */
export function isSpent({ uses, used }: TicketRow): boolean {
  return uses !== undefined && used >= uses;
}

function checkNames(row: TicketRow, names: readonly SecretName[]): Outcome<void> {
  const foreign = names.find((name) => !row.secrets.includes(name));
  return foreign === undefined
    ? ok(undefined)
    : refuse(
        'name_not_in_ticket',
        `The ticket does not name the secret ${foreign}; get one that does, or leave it out.`,
      );
}

export function createTicketCheck(
  { tickets, sessions, ticketHash, clock, verifiers }: Ports,
  { issuer, audience }: Pick<MintConfig, 'issuer' | 'audience'>,
): TicketCheck {
  const checkUse = async (row: TicketRow, { pod }: PodRequest): Promise<Outcome<void>> => {
    if (!isSpent(row)) return ok(undefined);
    if (pod.name !== undefined && (await sessions.existsFor(row.jti, pod.name))) return ok(undefined);
    return refuse('ticket_uses_exceeded', `The ticket’s ${row.uses} uses are spent; get a new one.`);
  };
  return {
    verify: async (text) => {
      const expected = { verifiers, issuer, audience, nowSeconds: Math.floor(clock() / 1000) };
      const verified = await verifyTicket(text, expected);
      return verified.ok ? verified : refuse(...reasons[verified.refusal]);
    },
    check: async ({ jti, text }, request) => {
      const row = await tickets.find(jti);
      // One without a row counts as revoked: rows outlive what they allow.
      if (!row) return revoked(jti);
      const issued = checkIssued(row, ticketHash.isOf(text, row.hash));
      if (!issued.ok) return issued;
      if (row.revokedAt !== undefined) return revoked(jti);
      // From here on only the row counts.
      for (const checked of [
        checkPlace(row, request),
        checkExpiry(row, clock()),
        await checkUse(row, request),
        checkNames(row, request.names),
      ]) {
        if (!checked.ok) return checked;
      }
      return ok(row);
    },
  };
}

/** The first thing that differs, in words. */
function sessionDifference(session: SessionRow, ticket: TicketRow): string | undefined {
  if (ticket.jti !== session.jti || ticket.hash !== session.ticketHash) return 'another ticket';
  if (ticket.ownerId !== session.ownerId) return 'another owner';
  if (ticket.ns !== session.ns) return 'another namespace';
  if (ticket.sa !== session.sa) return 'another service account';
  // A minted ticket is never on a pod, and any other was presented on one.
  if ((ticket.launcher === undefined) !== session.ticketOnPod) return 'another way to start it';
  return session.secrets.every(
    ({ ownerId, name }) => ownerId === ticket.ownerId && ticket.secrets.includes(name),
  )
    ? undefined
    : 'other secrets';
}

/** Whether the ticket's row allows this session. */
export function checkTicketOf(session: SessionRow, ticket: TicketRow): Outcome<void> {
  const differs = sessionDifference(session, ticket);
  return differs === undefined
    ? ok(undefined)
    : refuse('session_differs', `The session’s ticket is for ${differs}; start the session again.`);
}
