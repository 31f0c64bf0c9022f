/** Tickets: issued to owners, listed with their uses, revoked. Zone 1; docs/design.md#tickets. */
import type { MemberValues } from '#envelope/annotation-values.ts';
import { annotations } from '#envelope/annotations.ts';
import { parseSecretId, type OwnerId, type SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Namespaces } from './namespaces.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import { sessionAnnotations, type SessionAnnotations } from './session-annotations.ts';
import type { Database, SecretRow, SessionRow, TicketPage, TicketRow } from './stores.ts';
import type { MintedTicket, MintTicket, TicketTerms } from './ticket-minting.ts';
import { byOwner, type Trace, type UseCase } from './use-case.ts';

export interface TicketConfig {
  /** If a request gives no time. */
  readonly lifeSeconds: number;
  readonly maxLifeSeconds: number;
  /** Whether the webhook lets pods have variables. */
  readonly envEnabled: boolean;
}

/** An owner's request: a ticket, and what goes on the pod. Names of files and variables are not parsed yet. */
export interface TicketRequest extends Omit<TicketTerms, 'ownerId' | 'launcher'>, MemberValues {}

interface IssueRequest {
  readonly ownerId: OwnerId;
  /** The request, or why it cannot be parsed. */
  readonly asked: Outcome<TicketRequest>;
}

interface RevokeRequest {
  readonly ownerId: OwnerId;
  readonly jti: string;
}

export interface IssuedTicket extends MintedTicket {
  /** What goes on the pod, ticket included. */
  readonly annotations: SessionAnnotations;
}

export interface Tickets {
  readonly issueTicket: UseCase<IssueRequest, IssuedTicket>;
  readonly revokeTicket: UseCase<RevokeRequest, void>;
}

export interface UsedTicket {
  readonly ticket: TicketRow;
  /** The newest. */
  readonly sessions: readonly SessionRow[];
}

/** An owner's tickets with their uses, newest first. */
export type ListTickets = (
  ownerId: OwnerId,
  page: Omit<TicketPage, 'liveAt'> & { readonly live?: boolean },
) => Promise<UsedTicket[]>;

/** One of an owner's tickets with its uses; undefined if this owner has none with this id. */
export type FindTicket = (ownerId: OwnerId, jti: string) => Promise<UsedTicket | undefined>;

interface Ports {
  readonly database: Database;
  readonly clock: () => number;
  readonly quotas: Quotas;
  readonly namespaces: Pick<Namespaces, 'mayHaveTickets'>;
  readonly mintTicket: MintTicket;
}

const MAX_LISTED_SESSIONS = 100;

/** The first selected name that the owner does not have, or whose secret has expired. */
export function checkSelection(
  names: readonly SecretName[],
  rows: readonly SecretRow[],
  now: number,
): Outcome<readonly SecretRow[]> {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const selected: SecretRow[] = [];
  for (const name of names) {
    const row = byName.get(name);
    if (!row) {
      return refuse(
        'secret_unknown',
        `There is no secret ${name}; create it, or leave it out of the selection.`,
      );
    }
    if (row.expiresAt !== undefined && row.expiresAt <= now) {
      return refuse(
        'secret_expired',
        `The secret ${name} has expired; give it a later expiry, replace it, or leave it out of the selection.`,
      );
    }
    selected.push(row);
  }
  return ok(selected);
}

export function unknownTicket(): Outcome<never> {
  return refuse('ticket_unknown', 'You have no ticket with this id; list your tickets.');
}

export function createListTickets(
  { tickets, sessions }: Pick<Database, 'tickets' | 'sessions'>,
  clock: () => number,
): ListTickets {
  return async (ownerId, { live = false, ...page }) => {
    const listed = await tickets.list(ownerId, { ...page, liveAt: live ? clock() : undefined });
    const jtis = listed.map(({ jti }) => jti);
    const used = await sessions.ofTickets(jtis, MAX_LISTED_SESSIONS);
    return listed.map((ticket) => ({ ticket, sessions: used.filter(({ jti }) => jti === ticket.jti) }));
  };
}

export function createFindTicket({ tickets, sessions }: Pick<Database, 'tickets' | 'sessions'>): FindTicket {
  return async (ownerId, text) => {
    const jti = parseSecretId(text); // both are UUIDs
    const ticket = jti && (await tickets.find(jti));
    if (ticket?.ownerId !== ownerId) return undefined;
    return { ticket, sessions: await sessions.ofTickets([ticket.jti], MAX_LISTED_SESSIONS) };
  };
}

export function createTickets(ports: Ports, config: TicketConfig): Tickets {
  const { database, clock, quotas } = ports;

  /** The secrets, if this owner may have a ticket for them. */
  const check = async (ownerId: OwnerId, request: TicketRequest): Promise<Outcome<readonly SecretRow[]>> => {
    const { secrets: names, env = [], ttlSeconds = config.lifeSeconds } = request;
    if (ttlSeconds > config.maxLifeSeconds) {
      return refuse('ttl_too_long', `ttlSeconds is at most ${config.maxLifeSeconds} here; ask for less.`);
    }
    if (!config.envEnabled && env.length > 0) {
      const next = 'use files instead, or ask the operator to turn variables on';
      return refuse('env_disabled', `Variables are turned off on this cluster; ${next}.`);
    }
    const selection = checkSelection(names, await database.secrets.find(ownerId, names), clock());
    if (!selection.ok) return selection;
    const variables = new Set<string>(env.map(({ name }) => name));
    const unsafe = selection.value.find(({ name, envSafe }) => !envSafe && variables.has(name));
    return unsafe
      ? refuse(
          'secret_not_env_safe',
          `The value of ${unsafe.name} cannot be an environment variable; select it as a file.`,
        )
      : selection;
  };

  const issue = async ({ ownerId, asked }: IssueRequest, trace: Trace): Promise<Outcome<IssuedTicket>> => {
    if (!asked.ok) return asked;
    const { secrets: names, ns, pod } = asked.value;
    Object.assign(trace, { names, ns, pod });
    const chosen = sessionAnnotations(asked.value);
    if (!chosen.ok) return chosen;
    const enabled = await ports.namespaces.mayHaveTickets(ns);
    if (!enabled.ok) return enabled;
    const checked = await check(ownerId, asked.value);
    if (!checked.ok) return checked;
    const { text, row } = await ports.mintTicket({ ownerId, ...asked.value });
    return await database.write(async (stores) => {
      const { tickets, audit } = stores;
      const room = await quotas.ticket(stores, { ownerId, now: clock() });
      if (!room.ok) return room;
      await tickets.insert(row);
      const secretIds = checked.value.map(({ id }) => id);
      await audit.append({
        ...trace,
        secretIds,
        jti: row.jti,
        at: clock(),
        action: 'ticket',
        outcome: 'done',
      });
      return ok({ text, row, annotations: { ...chosen.value, [annotations.ticket.key]: text } });
    });
  };

  const revoke = async ({ ownerId, jti: text }: RevokeRequest, trace: Trace): Promise<Outcome<void>> => {
    const jti = parseSecretId(text); // both are UUIDs
    if (!jti) return unknownTicket();
    trace.jti = jti;
    return await database.write(async ({ tickets, audit }) => {
      if (!(await tickets.revoke(ownerId, jti, clock()))) return unknownTicket();
      await audit.append({ ...trace, at: clock(), action: 'revoke', outcome: 'done' });
      return ok(undefined);
    });
  };

  return {
    issueTicket: { action: 'ticket', subject: byOwner, act: issue },
    revokeTicket: { action: 'revoke', subject: byOwner, act: revoke },
  };
}
