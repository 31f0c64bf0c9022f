/** How the init container exits: a code for each class of failure, and one line that says what to do. Zone 4. */
import { boundedText } from '#platform/shown.ts';

export const exitCodes = {
  /** A defect in Twofold. */
  unexpected: 1,
  /** The console refused. */
  refused: 10,
  /** Too late: a ticket, grant or secret has expired, or was revoked or deleted. */
  expired: 11,
  /** The pod does not hold what was admitted. */
  tampered: 12,
  /** The console did not answer, despite retries. */
  unreachable: 13,
  /** The memory volume is too small for its files. */
  volume_full: 14,
  /** The container was started without the webhook's settings. */
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

/** Anything thrown, as a Failure: a full volume has its own kind, and no other error's message is repeated. */
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

const LONGEST = 950;

/** The termination message: one line, within the 4,096 bytes that Kubernetes keeps. */
export function terminationMessage({ kind, message }: Failure): string {
  return `twofold: ${boundedText(message.replaceAll(/\s+/gu, ' '), LONGEST)} (${kind})`;
}
