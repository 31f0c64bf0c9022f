/**
 * What the use cases need of the database: rows by noun, as ports. Zone 1; docs/design.md#database. Times are
 * milliseconds since 1970. All stores of one `Stores` see the same transaction. Owners, logins, tickets,
 * sessions, web sessions and keys are authentic: reading or changing one that is not throws
 * a RecordError.
 */
import type { Kid, OwnerId, SecretId, SecretName, SessionId } from '#envelope/names.ts';
import type { PodPattern } from '#envelope/pod.ts';
import type { AuditStore } from './audit.ts';
import type { Outcome } from './outcome.ts';

export interface OwnerStore {
  /** The owner of this identity, created if new. Throws a RecordError if there was one and it is gone. */
  findOrCreate(
    identity: { issuer: string; sub: string },
    fresh: { id: OwnerId; now: number },
  ): Promise<OwnerId>;
  /** Locks the owner's row until the transaction ends, so that counts of what the owner has stay true. */
  lock(id: OwnerId): Promise<void>;
}

export interface UserKeyRow {
  readonly ownerId: OwnerId;
  readonly gen: number;
  /** Sealed under the at-rest key `kid`. */
  readonly key: string;
  readonly kid: Kid;
}

export interface UserKeyStore {
  /** Does nothing if there is one already. */
  add(row: UserKeyRow, now: number): Promise<void>;
  newest(ownerId: OwnerId): Promise<UserKeyRow | undefined>;
  find(ownerId: OwnerId, gen: number): Promise<UserKeyRow | undefined>;
}

/** One write of a secret. */
export interface SecretVersion {
  readonly version: number;
  readonly gen: number;
  readonly salt: Uint8Array;
  readonly envelope: string;
  readonly kid: Kid;
  readonly size: number;
  readonly envSafe: boolean;
  readonly modifiedAt: number;
  readonly expiresAt: number | undefined;
}

export interface SecretRow extends SecretVersion {
  readonly id: SecretId;
  readonly ownerId: OwnerId;
  readonly name: SecretName;
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
  /** What its owner wrote about it, in clear. */
  readonly note: string | undefined;
}

/** What changes without the value; undefined members stay as they are. */
export interface SecretChanges {
  readonly expiresAt: number | 'never' | undefined;
  /** An empty one removes it. */
  readonly note: string | undefined;
}

/** A secret without its sealed content: long lists must not read that. */
export type SecretSummary = Omit<SecretRow, 'gen' | 'salt' | 'envelope' | 'kid'>;

/** Those without such a time come last, either way; equal ones in the order of their names. */
export interface SecretOrder {
  readonly by: 'name' | 'size' | 'createdAt' | 'modifiedAt' | 'lastUsedAt' | 'expiresAt';
  readonly descending: boolean;
}

interface SecretPage {
  readonly limit: number;
  /** How many to leave out first. */
  readonly offset?: number;
  /** Of the names, where it is absent. */
  readonly order?: SecretOrder;
  readonly after?: SecretName | undefined;
  /** Part of the name, case-insensitive. */
  readonly containing?: string | undefined;
}

export interface SecretStore {
  /** In the order of their names' characters unless another is asked for, starting after the name `after`. */
  list(ownerId: OwnerId, page: SecretPage): Promise<SecretSummary[]>;
  count(ownerId: OwnerId, containing?: string): Promise<number>;
  find(ownerId: OwnerId, names: readonly SecretName[]): Promise<SecretRow[]>;
  /** False if the owner has one of this name. */
  insert(row: SecretRow): Promise<boolean>;
  /** False unless the row is at `version - 1` of what is written. */
  replace(id: SecretId, next: SecretVersion): Promise<boolean>;
  /** False unless the row is at this version, which stays. */
  update(id: SecretId, version: number, changes: SecretChanges): Promise<boolean>;
  /** False unless the row is at this version. */
  delete(id: SecretId, version: number): Promise<boolean>;
  /** Those that exist, locked until the transaction ends. */
  lock(ids: readonly SecretId[]): Promise<Pick<SecretRow, 'id' | 'name' | 'expiresAt' | 'note'>[]>;
  markUsed(ids: readonly SecretId[], at: number): Promise<void>;
}

/** What a client that seals for itself was promised. */
export interface Reservation {
  readonly secretId: SecretId;
  readonly ownerId: OwnerId;
  readonly name: SecretName;
  readonly version: number;
  readonly gen: number;
  readonly salt: Uint8Array;
  readonly until: number;
}

export interface ReservationStore {
  /** Live ones; expired ones of this owner are deleted. */
  countLive(ownerId: OwnerId, now: number): Promise<number>;
  insert(reservation: Reservation): Promise<void>;
  /** Whether exactly this one was there and live; deletes it. */
  consume(reservation: Omit<Reservation, 'until'>, now: number): Promise<boolean>;
}

export interface TicketRow {
  readonly jti: string;
  readonly ownerId: OwnerId;
  /** SHA-256 of its whole text: no other text with the same id is this ticket. */
  readonly hash: string;
  readonly ns: string;
  readonly sa: string;
  readonly secrets: readonly SecretName[];
  readonly pod: PodPattern | undefined;
  /** How many sessions may claim. */
  readonly uses: number | undefined;
  readonly used: number;
  /** Username of the trusted launcher that it was minted for: such a ticket is never on a pod. */
  readonly launcher: string | undefined;
  readonly issuedAt: number;
  readonly exp: number;
  readonly revokedAt: number | undefined;
}

export interface TicketPage {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly naming?: SecretName | undefined;
  /** Only those that may be put on a pod at this time: not a launcher's, expired, revoked or used up. */
  readonly liveAt?: number | undefined;
}

export interface TicketStore {
  insert(row: TicketRow): Promise<void>;
  find(jti: string): Promise<TicketRow | undefined>;
  /** Newest first, starting after `after`, or ending before `before`: none, where that one has been deleted. */
  list(ownerId: OwnerId, page: TicketPage): Promise<TicketRow[]>;
  /** False if this owner has none with this id. The time of the first revocation stays. */
  revoke(ownerId: OwnerId, jti: string, now: number): Promise<boolean>;
  /** Neither expired nor revoked, and not minted for a launcher. */
  countLive(ownerId: OwnerId, now: number): Promise<number>;
  /** Deletes those that are expired or revoked and have no session, except the newest `keep`. */
  deleteEnded(ownerId: OwnerId, now: number, keep: number): Promise<void>;
  /** Counts one use. False if it is revoked or no use is left. */
  use(jti: string): Promise<boolean>;
  /** Whether it is not revoked; locked until the transaction ends. */
  lockLive(jti: string): Promise<boolean>;
}

export interface SessionSecret {
  readonly ownerId: OwnerId;
  readonly id: SecretId;
  readonly name: SecretName;
  readonly version: number;
  readonly gen: number;
  readonly salt: Uint8Array;
}

/** The user that a trusted launcher named, as the admitted pod must name it. */
export interface LauncherAssertion {
  readonly annotation: string;
  readonly user: string;
}

export interface SessionRow {
  readonly sid: SessionId;
  readonly jti: string;
  readonly ownerId: OwnerId;
  readonly ns: string;
  readonly sa: string;
  readonly secrets: readonly SessionSecret[];
  /** SHA-256 of the ticket that it was opened with: presented, or minted. */
  readonly ticketHash: string;
  /** Whether that ticket is on the pod. */
  readonly ticketOnPod: boolean;
  readonly launcher: LauncherAssertion | undefined;
  readonly openedAt: number;
  /** Deadline of the first claim. */
  readonly exp: number;
  readonly pod: string | undefined;
  readonly podUid: string | undefined;
  readonly firstClaimAt: number | undefined;
  readonly lastClaimAt: number | undefined;
  readonly claims: number;
}

export interface SessionStore {
  insert(row: SessionRow): Promise<void>;
  find(sid: SessionId): Promise<SessionRow | undefined>;
  /** Whether there is a session of this ticket that was opened for, or claimed by, a pod of this name. */
  existsFor(jti: string, pod: string): Promise<boolean>;
  /** Binds a session that no pod has claimed. False if one has. */
  bind(sid: SessionId, pod: { name: string; uid: string }, now: number): Promise<boolean>;
  /** Counts a further claim of the bound pod. False if another is bound. */
  claimAgain(sid: SessionId, podUid: string, now: number): Promise<boolean>;
  /** The newest of each ticket, at most `limit` for each. */
  ofTickets(jtis: readonly string[], limit: number): Promise<SessionRow[]>;
  /** Those that no pod has claimed and that have not expired. */
  countOpen(ownerId: OwnerId, now: number): Promise<OpenSessions>;
  /** Of these, those that can still be claimed: their ticket is neither revoked nor spent. Looks up every one. */
  countClaimable(ownerId: OwnerId, now: number): Promise<OpenSessions>;
}

export interface OpenSessions {
  readonly sessions: number;
  /** How many versions of secrets they hold. */
  readonly versions: number;
}

/** A session of the page. */
export interface WebSessionRow {
  /** SHA-256 of the id: the id itself is in the cookie alone, and a copy of the database opens no session. */
  readonly idHash: string;
  readonly ownerId: OwnerId;
  readonly openedAt: number;
  /** To the minute. */
  readonly seenAt: number;
}

export interface WebSessionStore {
  insert(row: WebSessionRow): Promise<void>;
  find(idHash: string): Promise<WebSessionRow | undefined>;
  touch(idHash: string, now: number): Promise<void>;
  delete(idHash: string): Promise<void>;
  /** Deletes this owner's oldest, except `keep`. */
  keepNewest(ownerId: OwnerId, keep: number): Promise<void>;
  /** Deletes those that were opened or seen too long ago. */
  deleteEnded(before: { opened: number; seen: number }): Promise<void>;
}

export interface LoginClaim {
  readonly claim: string;
  readonly value: string;
}

export interface LoginCarrier {
  /** Undefined if offboarded. */
  readonly ownerId: OwnerId | undefined;
  readonly lastAt: number;
}

export interface LoginStore {
  record(issuer: string, ownerId: OwnerId, claims: readonly LoginClaim[], now: number): Promise<void>;
  /** Every owner of this issuer that ever had it, with the time of the last login. */
  carriers(issuer: string, claim: LoginClaim): Promise<readonly LoginCarrier[]>;
}

export interface KeyStore {
  /** Makes this the only active envelope key; all others become retired. */
  activate(kid: Kid, now: number): Promise<void>;
  /** Whether it is active; locked until the transaction ends. */
  lockActive(kid: Kid): Promise<boolean>;
}

export interface Stores {
  readonly owners: OwnerStore;
  readonly userKeys: UserKeyStore;
  readonly secrets: SecretStore;
  readonly reservations: ReservationStore;
  readonly tickets: TicketStore;
  readonly sessions: SessionStore;
  readonly logins: LoginStore;
  readonly keys: KeyStore;
  readonly audit: AuditStore;
  readonly webSessions: WebSessionStore;
}

export interface Database extends Stores {
  /** One transaction: committed if the outcome is ok, rolled back on a refusal or a throw. */
  write<T>(work: (stores: Stores) => Promise<Outcome<T>>): Promise<Outcome<T>>;
}
