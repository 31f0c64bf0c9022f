/**
 * Whether the guard is in force: trusted launchers work only then. Zone 1; docs/design.md#trusted-launchers.
 * A policy that cannot be read counts as missing.
 */

import { guardLines, type Launcher } from '#platform/launchers.ts';
import { cached } from './cached.ts';

/** Names of the policies, and of their bindings. */
export const GUARD_POLICIES = [
  'twofold-shape',
  'twofold-reference',
  'twofold-launcher',
  'twofold-launcher-account',
  'twofold-update',
  'twofold-ephemeral',
  'twofold-token',
  'twofold-writer',
  'twofold-lease',
  'twofold-namespace',
] as const;

/** A ValidatingAdmissionPolicy and its binding, as far as they could be read. */
export interface GuardPolicy {
  readonly failurePolicy: string | undefined;
  readonly boundPolicy: string | undefined;
  readonly validationActions: readonly string[];
  /** Whether the policy or its binding excludes anything that the guard as shipped covers. */
  readonly narrowed: boolean;
  /** Lines of `username namespace annotation-key`; undefined if it has no such list. */
  readonly launchers: readonly string[] | undefined;
}

export interface Guard {
  inForce(): Promise<boolean>;
}

interface Ports {
  /** Undefined if the policy or its binding does not exist or cannot be read. */
  readonly readGuardPolicy: (name: string) => Promise<GuardPolicy | undefined>;
  readonly clock: () => number;
  /** This console's: the guard must know each of them. */
  readonly launchers: readonly Launcher[];
}

/** These list launchers and their accounts by name: one that is not listed is not guarded. */
const KNOWING_LAUNCHERS: ReadonlySet<string> = new Set([
  'twofold-launcher',
  'twofold-launcher-account',
  'twofold-namespace',
]);

const CACHE_MS = 30_000;
/** A guard just installed is noticed soon, and a missing one does not cost twenty calls per pod. */
const CACHE_MISSING_MS = 5_000;

function isInForce(name: string, policy: GuardPolicy | undefined, lines: readonly string[]): boolean {
  return (
    policy?.failurePolicy === 'Fail' &&
    policy.boundPolicy === name &&
    policy.validationActions.includes('Deny') &&
    !policy.narrowed &&
    (!KNOWING_LAUNCHERS.has(name) || lines.every((line) => policy.launchers?.includes(line)))
  );
}

export function createGuard({ readGuardPolicy, clock, launchers }: Ports): Guard {
  const lines = guardLines(launchers);
  const read = async (): Promise<boolean> => {
    const found = await Promise.all(
      GUARD_POLICIES.map(async (name) => isInForce(name, await readGuardPolicy(name), lines)),
    );
    return found.every(Boolean);
  };
  const lasts = (inForce: boolean): boolean => inForce;
  return { inForce: cached(read, { clock, forMs: CACHE_MS, againMs: CACHE_MISSING_MS, lasts }) };
}
