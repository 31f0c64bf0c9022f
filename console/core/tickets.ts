/** Tickets: issued to owners and to trusted launchers, listed with their uses, revoked. Zone 1; design §5 and §6 step 1. */
import type { OwnerId, SecretName } from '#envelope/names.ts';
import type { PodPattern } from '#envelope/pod.ts';
import { signTicket } from '#envelope/ticket.ts';
import { ok } from '#envelope/result.ts';
import type { Ids } from './ids.ts';
import type { TicketKeys } from './keys.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import type { Database, SecretRow, SessionRow, TicketRow } from './stores.ts';
import type { TicketHash } from './ticket-hash.ts';

export interface TicketConfig {
  /** The console's public URL. */
  readonly issuer: string;
  /** The cluster. */
  readonly audience: string;
  /** Where a request names no time. */
  readonly lifeSeconds: number;
  readonly maxLifeSeconds: number;
  /** Whether the webhook lets pods have variables. */
  readonly envEnabled: boolean;
}

export interface TicketRequest {
  readonly ownerId: OwnerId;
  readonly ns: string;
  readonly sa: string;
  readonly secrets: readonly SecretName[];
  /** Those of them that become environment variables. */
  readonly variables?: readonly SecretName[] | undefined;
  readonly pod?: PodPattern | undefined;
  readonly uses?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  /** Username of the trusted launcher that it is for. */
  readonly launcher?: string | undefined;
}

export interface MintedTicket {
  readonly text: string;
  readonly row: TicketRow;
}

export interface UsedTicket {
  readonly ticket: TicketRow;
  /** The newest. */
  readonly sessions: readonly SessionRow[];
}

export interface Tickets {
  /** Signed, not yet stored. */
  mint(request: TicketRequest): Promise<MintedTicket>;
  issue(request: TicketRequest): Promise<Outcome<MintedTicket>>;
  list(ownerId: OwnerId, page: { limit: number; after?: string | undefined }): Promise<UsedTicket[]>;
  revoke(ownerId: OwnerId, jti: string): Promise<Outcome<void>>;
}

interface Ports {
  readonly database: Database;
  readonly ids: Pick<Ids, 'ticket'>;
  readonly clock: () => number;
  readonly keys: Pick<TicketKeys, 'signer'>;
  readonly quotas: Quotas;
  readonly ticketHash: TicketHash;
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
        `The secret ${name} has expired; replace it, or leave it out of the selection.`,
      );
    }
    selected.push(row);
  }
  return ok(selected);
}

export function createTickets(ports: Ports, config: TicketConfig): Tickets {
  const { database, ids, clock, keys, quotas } = ports;
  const mint = async (request: TicketRequest): Promise<MintedTicket> => {
    const { ownerId, ns, sa, secrets, pod, uses, launcher } = request;
    const issuedAt = clock();
    const issuedAtSeconds = Math.floor(issuedAt / 1000);
    const expSeconds = issuedAtSeconds + (request.ttlSeconds ?? config.lifeSeconds);
    const jti = ids.ticket();
    const text = await signTicket(keys.signer, {
      iss: config.issuer,
      aud: config.audience,
      sub: ownerId,
      ns,
      sa,
      secrets,
      ...(pod === undefined ? {} : { pod }),
      ...(uses === undefined ? {} : { uses }),
      jti,
      iat: issuedAtSeconds,
      nbf: issuedAtSeconds,
      exp: expSeconds,
    });
    const hash = ports.ticketHash.of(text);
    const times = { issuedAt, exp: expSeconds * 1000, revokedAt: undefined };
    return { text, row: { jti, ownerId, hash, ns, sa, secrets, pod, uses, used: 0, launcher, ...times } };
  };
  return {
    mint,
    issue: async (request) => {
      const { ownerId, secrets: names, ttlSeconds = config.lifeSeconds, ns, pod } = request;
      if (ttlSeconds > config.maxLifeSeconds) {
        return refuse('ttl_too_long', `ttlSeconds is at most ${config.maxLifeSeconds} here; ask for less.`);
      }
      if (!config.envEnabled && (request.variables ?? []).length > 0) {
        const next = 'use files instead, or ask the operator to turn variables on';
        return refuse('env_disabled', `Variables are turned off on this cluster; ${next}.`);
      }
      const selection = checkSelection(names, await database.secrets.find(ownerId, names), clock());
      if (!selection.ok) return selection;
      const unsafe = selection.value.find(
        ({ name, envSafe }) => !envSafe && request.variables?.includes(name),
      );
      if (unsafe) {
        return refuse(
          'secret_not_env_safe',
          `The value of ${unsafe.name} cannot be an environment variable; select it as a file.`,
        );
      }
      const minted = await mint(request);
      return await database.write(async (stores) => {
        const { tickets, audit } = stores;
        const room = await quotas.ticket(stores, { ownerId, now: clock() });
        if (!room.ok) return room;
        await tickets.insert(minted.row);
        const secretIds = selection.value.map(({ id }) => id);
        const subject = { ownerId, actor: 'owner', names, secretIds, ns, pod, jti: minted.row.jti };
        await audit.append({ ...subject, at: clock(), action: 'ticket', outcome: 'done' });
        return ok(minted);
      });
    },
    list: async (ownerId, page) => {
      const listed = await database.tickets.list(ownerId, page);
      const sessions = await database.sessions.ofTickets(
        listed.map(({ jti }) => jti),
        MAX_LISTED_SESSIONS,
      );
      return listed.map((ticket) => ({ ticket, sessions: sessions.filter(({ jti }) => jti === ticket.jti) }));
    },
    revoke: (ownerId, jti) =>
      database.write(async ({ tickets, audit }) => {
        if (!(await tickets.revoke(ownerId, jti, clock()))) {
          return refuse('ticket_unknown', 'You have no ticket of this id; list your tickets.');
        }
        await audit.append({ ownerId, actor: 'owner', jti, at: clock(), action: 'revoke', outcome: 'done' });
        return ok(undefined);
      }),
  };
}
