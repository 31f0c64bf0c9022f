/**
 * Who a verified login is, and its claims: recorded, so that the name a trusted launcher gives can be looked up.
 * Zone 1; docs/design.md#trusted-launchers.
 */
import type { OwnerId } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { Ids } from './ids.ts';
import type { Database, LoginClaim } from './stores.ts';

/** From a bearer whose signature, issuer, audience and times have been checked. */
export interface VerifiedLogin {
  readonly issuer: string;
  readonly sub: string;
  readonly claims: readonly LoginClaim[];
}

export interface Owners {
  /** The owner of this login; created at the first one. */
  enter(login: VerifiedLogin): Promise<OwnerId>;
}

interface Ports {
  readonly database: Pick<Database, 'write'>;
  readonly ids: Pick<Ids, 'owner'>;
  readonly clock: () => number;
}

const RECORD_EVERY_MS = 60_000;
const MAX_REMEMBERED = 10_000;
const MAX_CLAIM_LENGTH = 512;

/** Whether every database returns this text unchanged: none stores half a character, and PostgreSQL no NUL. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

const MAX_SUB_LENGTH = 255;

/** Whether a login with this `sub` can have an owner. */
export function isUsableSub(sub: unknown): sub is string {
  return typeof sub === 'string' && sub !== '' && sub.length <= MAX_SUB_LENGTH && isStorable(sub);
}

/**
 * The claims to record: `sub`, `preferred_username`, `email` if the provider has verified it, and those that a
 * launcher's configuration names. An unverified `email` is never recorded, even if a launcher names it.
 */
export function loginClaims(
  payload: Readonly<Record<string, unknown>>,
  launcherClaims: readonly string[],
): LoginClaim[] {
  const wanted = new Set(['sub', 'preferred_username', 'email', ...launcherClaims]);
  return [...wanted].flatMap((claim) => {
    const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
    if (typeof value !== 'string' || value === '' || value.length > MAX_CLAIM_LENGTH) return [];
    if (!isStorable(value)) return [];
    return claim === 'email' && payload['email_verified'] !== true ? [] : [{ claim, value }];
  });
}

export function createOwners({ database, ids, clock }: Ports): Owners {
  // A login is written at most once a minute: the key contains everything that would be written.
  const recent = new Map<string, { ownerId: OwnerId; until: number }>();
  const record = async ({ issuer, sub, claims }: VerifiedLogin, now: number): Promise<OwnerId> => {
    const outcome = await database.write(async ({ owners, logins }) => {
      const ownerId = await owners.findOrCreate({ issuer, sub }, { id: ids.owner(), now });
      await logins.record(issuer, ownerId, claims, now);
      return ok(ownerId);
    });
    if (!outcome.ok) throw new Error('recording a login is never refused');
    return outcome.value;
  };
  return {
    enter: async (login) => {
      const now = clock();
      const key = JSON.stringify(login);
      const known = recent.get(key);
      if (known && known.until > now) return known.ownerId;
      const ownerId = await record(login, now);
      if (recent.size >= MAX_REMEMBERED) recent.clear();
      recent.set(key, { ownerId, until: now + RECORD_EVERY_MS });
      return ownerId;
    },
  };
}
