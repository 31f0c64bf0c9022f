/**
 * Audit records: who did what, to which names, and how it ended; never a value or a token. Zone 1;
 * docs/design.md#audit.
 */
import type { Kid, OwnerId, SecretId, SecretName, SessionId } from '#envelope/names.ts';
import { boundedText } from '#platform/shown.ts';
import type { RefusalCode } from '../refusals.ts';
import type { SecretStore } from './stores.ts';

export type AuditAction =
  | 'create'
  | 'replace'
  | 'update'
  | 'delete'
  | 'seal'
  | 'ticket'
  | 'revoke'
  | 'resolve'
  | 'claim'
  | 'offboard'
  /** A row that confers authority is not authentic. */
  | 'verify';

/**
 * What an action was about; every member except `asserted` has been parsed, so that nothing pasted in the wrong place
 * gets here.
 */
export interface AuditSubject {
  /** Whose secrets; undefined if unknown. */
  readonly ownerId?: OwnerId | undefined;
  /** Who acted: `owner`, or a Kubernetes username. */
  readonly actor: string;
  /** The user that the actor named, verbatim. */
  readonly asserted?: string | undefined;
  /** A dry run: nothing was changed. */
  readonly dryRun?: boolean | undefined;
  readonly names?: readonly string[] | undefined;
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
  /** How many names there were, if not all are stored. */
  readonly nameCount?: number | undefined;
  /** Rises with time. */
  readonly id: number;
}

/** What the records of a list are about; where absent, anything. */
interface AuditFilter {
  readonly secretId?: SecretId | undefined;
  /** The name of a secret. With `secretId`, records of either. */
  readonly name?: SecretName | undefined;
  /** The id of a session, the beginning of one, or the name of its pod. */
  readonly session?: string | undefined;
}

interface AuditPage extends AuditFilter {
  readonly limit: number;
  readonly after?: number | undefined;
  /** Those that end before this one, instead. */
  readonly before?: number | undefined;
}

export interface AuditStore {
  append(record: AuditRecord): Promise<void>;
  /** Newest first, starting after `after`; only those of one secret or session if it is given. */
  list(ownerId: OwnerId, page: AuditPage): Promise<AuditRow[]>;
}

/** What a list of the records of one secret is about: its name, and the id of the secret that now has it. */
export type FindSubject = (
  ownerId: OwnerId,
  name: SecretName | undefined,
) => Promise<Pick<AuditFilter, 'name' | 'secretId'>>;

export function createFindSubject(secrets: Pick<SecretStore, 'find'>): FindSubject {
  return async (ownerId, name) => {
    if (name === undefined) return {};
    const [secret] = await secrets.find(ownerId, [name]);
    return { name, secretId: secret?.id };
  };
}

const MAX_TEXT_LENGTH = 256;
/** For all names of a record together; enough for more than a hundred usual ones. */
const MAX_NAMES_LENGTH = 8192;
/** For a record of something that handed nothing out. */
const MAX_IDLE_ITEMS = 4;
const MAX_IDLE_NAME_LENGTH = 56;
const MAX_IDLE_TEXT_LENGTH = 80;

/** All of them, or the first ones whose total length is within the limit. */
function fitInto(names: readonly string[], length: number): readonly string[] {
  let left = length;
  const over = names.findIndex((name) => (left -= name.length) < 0);
  return over < 0 ? names : names.slice(0, over);
}

/**
 * A record as it is stored. If nothing was handed out (a refusal, a dry run), it takes about 1 KiB at most, however
 * much was requested: the number of names, and the first few, each cut. Otherwise the names are the owner's, and whole:
 * all of them, or those that fit into 8 KiB and their number; there is an id for each.
 */
export function boundedRecord(record: AuditRecord): Omit<AuditRow, 'id'> {
  const { names, secretIds, outcome, dryRun } = record;
  const idle = outcome === 'refused' || dryRun === true;
  const text = <T extends string | undefined>(value: T): T | string =>
    value === undefined ? value : boundedText(value, idle ? MAX_IDLE_TEXT_LENGTH : MAX_TEXT_LENGTH);
  const shown = {
    ...record,
    actor: text(record.actor),
    asserted: text(record.asserted),
    ns: text(record.ns),
    pod: text(record.pod),
    podUid: text(record.podUid),
    jti: text(record.jti),
  };
  if (!idle) {
    const fitting = names && fitInto(names, MAX_NAMES_LENGTH);
    return { ...shown, names: fitting, nameCount: fitting === names ? undefined : names?.length };
  }
  return {
    ...shown,
    nameCount: names && names.length > MAX_IDLE_ITEMS ? names.length : undefined,
    names: names?.slice(0, MAX_IDLE_ITEMS).map((name) => boundedText(name, MAX_IDLE_NAME_LENGTH)),
    secretIds: secretIds?.slice(0, MAX_IDLE_ITEMS),
  };
}
