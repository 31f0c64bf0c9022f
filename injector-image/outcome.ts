/** How the init container ends: an exit code for each class of failure, and one line that says what to do. Zone 4. */
import { shown } from '#platform/shown.ts';

export const exitCodes = {
  /** A defect of ours. */
  unexpected: 1,
  /** The console said no. */
  refused: 10,
  /** Too late: a ticket, grant or secret is over, revoked or deleted. */
  expired: 11,
  /** What lies in the pod is not what was admitted. */
  tampered: 12,
  /** The console did not answer, however often it was asked. */
  unreachable: 13,
  /** The memory volume is smaller than what belongs into it. */
  volume_full: 14,
  /** The container was started without what the webhook gives it. */
  misconfigured: 15,
} as const;

export type FailureKind = keyof typeof exitCodes;

/** `message` is shown in the pod's status: what is wrong, then the next step; never a value. */
export class Failure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Failure';
    this.kind = kind;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
}

/** Anything that was thrown, as a Failure: a full volume is told apart, and no foreign message is repeated. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('volume_full', 'the memory volume is full; ask for fewer or smaller secrets', error);
  }
  const name = error instanceof Error ? error.name : 'not an Error';
  return new Failure(
    'unexpected',
    `the init container failed (${name}, ${code}); tell the cluster’s operator`,
    error,
  );
}

/** The termination message: one line, at most 4,096 bytes as Kubernetes keeps. */
export function terminationMessage({ kind, message }: Failure): string {
  return `twofold: ${shown(message.replaceAll(/\s+/gu, ' '))} (${kind})`.slice(0, 1000);
}
