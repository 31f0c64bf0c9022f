/**
 * Trusted launchers: whose pod it is, according to a launcher. Zone 1; docs/design.md#trusted-launchers. An
 * annotation alone never says who the user is: a configured username must have created the pod, and the guard
 * must be in force.
 */
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import { findLauncher, type Launcher } from '#platform/launchers.ts';
import type { Guard } from './guard.ts';
import { refuse, type Outcome } from './outcome.ts';
import { isStorable } from './owners.ts';
import type { LauncherAssertion, LoginCarrier, LoginStore } from './stores.ts';

/** As the webhook found it on a pod. */
export interface LauncherClaim {
  /** Who created the pod. */
  readonly username: string;
  /** What the launcher's annotation holds. */
  readonly user: string;
}

export interface Launchers {
  /** The one owner that the launcher's annotation means. */
  ownerOf(namespace: string, claim: LauncherClaim): Promise<Outcome<OwnerId>>;
  /** Whether a ticket's owner can be the one that the launcher means. */
  mayMean(namespace: string, claim: LauncherClaim, ownerId: OwnerId): Promise<Outcome<void>>;
  /** The annotation that the admitted pod must have. */
  assertionOf(namespace: string, claim: LauncherClaim): LauncherAssertion | undefined;
}

interface Ports {
  readonly logins: Pick<LoginStore, 'carriers'>;
  /** The identity provider: logins at others do not count here. */
  readonly issuer: string;
  readonly guard: Guard;
  readonly clock: () => number;
}

const DAY_MS = 86_400_000;

function notTrusted(namespace: string, username: string): Outcome<never> {
  return refuse(
    'launcher_not_trusted',
    `${username} is not configured as a launcher in namespace ${namespace}; put a ticket on the pod, or configure it.`,
  );
}

export function createLaunchers(
  { logins, issuer, guard, clock }: Ports,
  configured: readonly Launcher[],
): Launchers {
  const launcherFor = (namespace: string, { username }: LauncherClaim): Launcher | undefined =>
    findLauncher(configured, { username, namespace });
  /** A name that no login can have been recorded with is not even looked up. */
  const carriersOf = async (claim: string, user: string): Promise<readonly LoginCarrier[]> =>
    isStorable(user) ? await logins.carriers(issuer, { claim, value: user }) : [];
  return {
    ownerOf: async (namespace, claimed) => {
      const launcher = launcherFor(namespace, claimed);
      if (!launcher) return notTrusted(namespace, claimed.username);
      if (!(await guard.inForce())) {
        return refuse(
          'launcher_guard_missing',
          'A policy of the guard is not in force everywhere with this console’s launchers, or cannot be read; install the guard, or put a ticket on the pod.',
        );
      }
      const { annotation, claim, loginWithinDays } = launcher;
      const carriers = await carriersOf(claim, claimed.user);
      if (carriers.length > 1) {
        return refuse(
          'launcher_user_ambiguous',
          `Several owners have logged in with the ${claim} in annotation ${annotation}; use a ticket.`,
        );
      }
      const [carrier] = carriers;
      if (carrier?.ownerId === undefined || carrier.lastAt < clock() - loginWithinDays * DAY_MS) {
        return refuse(
          'launcher_user_unknown',
          `Nobody has logged in to the console within ${loginWithinDays} days with the ${claim} in annotation ${annotation}; log in there once, or use a ticket.`,
        );
      }
      return ok(carrier.ownerId);
    },
    mayMean: async (namespace, claimed, ownerId) => {
      const launcher = launcherFor(namespace, claimed);
      if (!launcher) return notTrusted(namespace, claimed.username);
      const carriers = await carriersOf(launcher.claim, claimed.user);
      return carriers.some((carrier) => carrier.ownerId === ownerId)
        ? ok(undefined)
        : refuse(
            'owners_differ',
            `The ticket’s owner never logged in with the ${launcher.claim} in annotation ${launcher.annotation}; use a ticket of the user whose session it is.`,
          );
    },
    assertionOf: (namespace, claimed) => {
      const launcher = launcherFor(namespace, claimed);
      return launcher && { annotation: launcher.annotation, user: claimed.user };
    },
  };
}
