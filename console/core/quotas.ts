/**
 * Quotas: the most that one owner can make persistent, as the operator sets it. Zone 1; docs/design.md#load.
 * Each check holds the owner's row until its transaction ends, so that of two writers who see the last place
 * only one gets it. It comes first in the transaction: an insert of a row that refers to the owner before the
 * lock would let two wait for each other.
 */
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { OpenSessions, Stores } from './stores.ts';

/** The most of each that one owner has at a time. */
export interface QuotaConfig {
  readonly quotaSecrets: number;
  /** Issued to the owner, and neither over nor revoked. Those minted for a launcher's pods do not count. */
  readonly quotaTickets: number;
  /** Open sessions: no pod has claimed them, and one still may. */
  readonly quotaSessions: number;
  /** Versions of secrets in flight: those that the open sessions hold. */
  readonly quotaVersions: number;
  readonly quotaReservations: number;
  /** Logins on the page. */
  readonly quotaWebSessions: number;
}

interface QuotaRequest {
  readonly ownerId: OwnerId;
  readonly now: number;
}

export interface Quotas {
  secret(stores: Stores, ownerId: OwnerId): Promise<Outcome<void>>;
  /** Also deletes the owner's oldest ended tickets without sessions, where there are more than may live. */
  ticket(stores: Stores, asked: QuotaRequest): Promise<Outcome<void>>;
  session(stores: Stores, asked: QuotaRequest & { readonly versions: number }): Promise<Outcome<void>>;
  reservation(
    stores: Stores,
    asked: QuotaRequest & { readonly lapseSeconds: number },
  ): Promise<Outcome<void>>;
  /**
   * Refuses nobody, since whoever copied a login could then lock its owner out: ends the owner's oldest sessions of the
   * page until there is room for one more. Those of anybody that are over, by `ended`, go first.
   */
  webSession(
    stores: Stores,
    asked: { readonly ownerId: OwnerId; readonly ended: { opened: number; seen: number } },
  ): Promise<void>;
}

const operator = 'or ask the operator for a higher quota';

export function createQuotas(config: QuotaConfig): Quotas {
  return {
    secret: async ({ owners, secrets }, ownerId) => {
      const { quotaSecrets: most } = config;
      await owners.lock(ownerId);
      return (await secrets.count(ownerId)) < most
        ? ok(undefined)
        : refuse(
            'too_many_secrets',
            `You have ${most} secrets, which is the quota; delete one, ${operator}.`,
          );
    },
    ticket: async ({ owners, tickets }, { ownerId, now }) => {
      const { quotaTickets: most } = config;
      await owners.lock(ownerId);
      await tickets.deleteEnded(ownerId, now, most);
      return (await tickets.countLive(ownerId, now)) < most
        ? ok(undefined)
        : refuse(
            'too_many_tickets',
            `You have ${most} live tickets, which is the quota; revoke one, choose shorter lives, ${operator}.`,
          );
    },
    session: async ({ owners, sessions }, { ownerId, now, versions }) => {
      const { quotaSessions, quotaVersions } = config;
      await owners.lock(ownerId);
      const fits = (open: OpenSessions): boolean =>
        open.sessions < quotaSessions && open.versions + versions <= quotaVersions;
      if (fits(await sessions.countOpen(ownerId, now))) return ok(undefined);
      // Whoever revokes a ticket has the room back; looked at here alone, since it costs a look at each.
      const open = await sessions.countClaimable(ownerId, now);
      if (fits(open)) return ok(undefined);
      const next = `start the waiting pods, ${operator}`;
      if (open.sessions >= quotaSessions) {
        return refuse(
          'too_many_sessions',
          `The owner has ${quotaSessions} sessions that no pod has claimed yet, which is the quota; ${next}.`,
        );
      }
      return refuse(
        'too_many_versions',
        `The owner’s unclaimed sessions hold ${open.versions} versions of secrets; with ${versions} more they would exceed the quota of ${quotaVersions}; ${next}.`,
      );
    },
    reservation: async ({ owners, reservations }, { ownerId, now, lapseSeconds }) => {
      const { quotaReservations: most } = config;
      await owners.lock(ownerId);
      return (await reservations.countLive(ownerId, now)) < most
        ? ok(undefined)
        : refuse(
            'too_many_reservations',
            `You have begun ${most} sealings, which is the quota; finish one, or wait: each lapses after ${lapseSeconds / 60} minutes.`,
            lapseSeconds,
          );
    },
    webSession: async ({ owners, webSessions }, { ownerId, ended }) => {
      await owners.lock(ownerId);
      await webSessions.deleteEnded(ended);
      await webSessions.keepNewest(ownerId, config.quotaWebSessions - 1);
    },
  };
}
