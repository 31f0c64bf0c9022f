/**
 * Quotas: the most that one owner can store, set by the operator. Zone 1; docs/design.md#load.
 * Each check locks the owner's row until its transaction ends, so that of two writers who see the last place
 * only one gets it. The check comes first in the transaction: inserting a row that refers to the owner before the
 * lock could deadlock two of them.
 */
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { OpenSessions, Stores } from './stores.ts';

/** The most of each that one owner has at a time. */
export interface QuotaConfig {
  readonly quotaSecrets: number;
  /** Issued to the owner, and neither expired nor revoked. Those minted for a launcher's pods do not count. */
  readonly quotaTickets: number;
  /** Open sessions: no pod has claimed them yet, but one still may. */
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
  /** Also deletes the owner's oldest ended tickets without sessions, if there are more than the quota of live ones. */
  ticket(stores: Stores, asked: QuotaRequest): Promise<Outcome<void>>;
  /** A session that can never be claimed (`spent`) finds room only beside all that are open. */
  session(
    stores: Stores,
    asked: QuotaRequest & { readonly versions: number; readonly spent: boolean },
  ): Promise<Outcome<void>>;
  reservation(
    stores: Stores,
    asked: QuotaRequest & { readonly lapseSeconds: number },
  ): Promise<Outcome<void>>;
  /**
   * Never refuses, or anyone who copied a login could lock its owner out: ends the owner's oldest sessions of the
   * page until there is room for one more. Anyone's that are over, according to `ended`, go first.
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
    session: async ({ owners, sessions }, { ownerId, now, versions, spent }) => {
      const { quotaSessions, quotaVersions } = config;
      await owners.lock(ownerId);
      const fits = (open: OpenSessions): boolean =>
        open.sessions < quotaSessions && open.versions + versions <= quotaVersions;
      const all = await sessions.countOpen(ownerId, now);
      if (fits(all)) return ok(undefined);
      // A revoked or spent ticket frees its room; checked only here, since it costs a look-up of each.
      const open = spent ? all : await sessions.countClaimable(ownerId, now);
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
