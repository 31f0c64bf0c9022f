/** Audit records: who did what, to which names, and how it ended; never a value or a token. Zone 1; design §9. */
import type { Kid, OwnerId, SecretId, SecretName, SessionId } from '#envelope/names.ts';
import type { RefusalCode } from '../refusals.ts';
import type { Outcome } from './outcome.ts';

export type AuditAction =
  'create' | 'replace' | 'delete' | 'seal' | 'ticket' | 'revoke' | 'resolve' | 'claim' | 'offboard';

/** What an action was about; every member has been parsed, so that nothing pasted in a wrong place gets here. */
export interface AuditSubject {
  /** Whose secrets; undefined where nothing showed it. */
  readonly ownerId?: OwnerId | undefined;
  /** Who acted: `owner`, or a Kubernetes username. */
  readonly actor: string;
  readonly names?: readonly SecretName[] | undefined;
  readonly secretIds?: readonly SecretId[] | undefined;
  readonly version?: number | undefined;
  readonly ns?: string | undefined;
  readonly pod?: string | undefined;
  readonly podUid?: string | undefined;
  readonly kid?: Kid | undefined;
  readonly sid?: SessionId | undefined;
  readonly jti?: string | undefined;
}

export interface AuditRecord extends AuditSubject {
  readonly at: number;
  readonly action: AuditAction;
  readonly outcome: 'done' | 'refused';
  readonly code?: RefusalCode | undefined;
}

export interface AuditRow extends AuditRecord {
  /** Rises with time. */
  readonly id: number;
}

export interface AuditPage {
  readonly limit: number;
  readonly after?: number | undefined;
  readonly secretId?: SecretId | undefined;
}

export interface AuditStore {
  append(record: AuditRecord): Promise<void>;
  /** Newest first, from behind `after`; of one secret alone where it is named. */
  list(ownerId: OwnerId, page: AuditPage): Promise<AuditRow[]>;
}

export interface RefusalRecorder {
  readonly audit: Pick<AuditStore, 'append'>;
  readonly clock: () => number;
}

/** Records a refusal; what succeeded was recorded in its own transaction. Passes the outcome on. */
export const recordRefusal = async <T>(
  { audit, clock }: RefusalRecorder,
  action: AuditAction,
  subject: AuditSubject,
  outcome: Outcome<T>,
): Promise<Outcome<T>> => {
  if (!outcome.ok) {
    await audit.append({ ...subject, at: clock(), action, outcome: 'refused', code: outcome.refusal.code });
  }
  return outcome;
};
