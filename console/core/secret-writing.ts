/**
 * Writing secrets: create, replace, update, delete. Each is one transaction that fails if its sealing key is no longer the
 * active one. Zone 1; docs/design.md#writing.
 */
import type { OwnerId, SecretName } from '#envelope/names.ts';
import { ok } from '#envelope/result.ts';
import type { AuditSubject } from './audit.ts';
import { acceptSealed, notReserved } from './client-sealing.ts';
import type { Ids } from './ids.ts';
import type { EnvelopeKey } from './keys.ts';
import { refuse, type Outcome } from './outcome.ts';
import type { Quotas } from './quotas.ts';
import type { Sealing, WriteTarget } from './sealing.ts';
import type { Content } from './secret-content.ts';
import type { Database, SecretChanges, SecretRow, SecretVersion, Stores } from './stores.ts';

/** Versions that the caller has seen; `*` is any. */
export type IfMatch = '*' | readonly number[];

export type Expiry = number | 'never';

export interface DeleteRequest {
  readonly ownerId: OwnerId;
  readonly name: SecretName;
  readonly ifMatch?: IfMatch | undefined;
}

export interface WriteRequest extends DeleteRequest {
  readonly content: Content;
  /** Undefined: never for a new secret; a replaced one stays as it was, unless its expiry has passed. */
  readonly expiresAt: Expiry | undefined;
}

interface CreateRequest extends WriteRequest {
  readonly note?: string | undefined;
}

interface UpdateRequest extends DeleteRequest {
  readonly changes: SecretChanges;
}

export interface SecretWriting {
  create(request: CreateRequest): Promise<Outcome<SecretRow>>;
  replace(request: WriteRequest): Promise<Outcome<SecretRow>>;
  /** The value, its version and the time of its change stay. */
  update(request: UpdateRequest): Promise<Outcome<SecretRow>>;
  delete(request: DeleteRequest): Promise<Outcome<void>>;
}

interface Ports {
  readonly database: Database;
  readonly sealing: Sealing;
  readonly ids: Pick<Ids, 'secret'>;
  readonly clock: () => number;
  readonly envelopeKey: EnvelopeKey;
  readonly quotas: Quotas;
}

const ATTEMPTS = 5;

function conflict(name: string): Outcome<never> {
  return refuse('write_conflict', `Others are changing ${name} at this moment; try again.`);
}

function recordOf({ ownerId, name, id, version, kid }: SecretRow): AuditSubject {
  return {
    ownerId,
    actor: 'owner',
    names: [name],
    secretIds: [id],
    version,
    kid,
  };
}

function checkExpiry(expiresAt: Expiry | undefined, now: number): Outcome<void> {
  return typeof expiresAt === 'number' && expiresAt <= now
    ? refuse('expiry_past', 'expiresAt is in the past; choose a later time, or leave it out.')
    : ok(undefined);
}

/** Refuses unless the caller has seen this version, or accepts any. */
function checkVersion(ifMatch: IfMatch | undefined, { name, version }: SecretRow): Outcome<void> {
  return ifMatch === undefined || ifMatch === '*' || ifMatch.includes(version)
    ? ok(undefined)
    : refuse('version_changed', `${name} is at version ${version}; look at it again before you change it.`);
}

/** Under the transaction's locks: the key is still active, and a client's envelope uses up its reservation. */
async function admit(
  { keys, reservations }: Stores,
  target: WriteTarget,
  { gen, salt, kid }: SecretVersion,
  { content, now }: { content: Content; now: number },
): Promise<Outcome<void>> {
  if (!(await keys.lockActive(kid))) {
    return content.kind === 'plain'
      ? refuse('sealing_key_retired', `The sealing key ${kid} has just been retired; try again.`)
      : refuse(
          'envelope_key_not_active',
          `The sealing key ${kid} has just been retired; seal the value again.`,
        );
  }
  if (content.kind === 'plain' || (await reservations.consume({ ...target, gen, salt }, now)))
    return ok(undefined);
  return notReserved(target.name);
}

export function createSecretWriting(ports: Ports): SecretWriting {
  const { database, clock } = ports;

  /** The version to store, its layers sealed or checked. */
  const versionOf = async (
    target: WriteTarget,
    { content, expiresAt: asked }: WriteRequest,
  ): Promise<Outcome<SecretVersion>> => {
    const sealed =
      content.kind === 'plain'
        ? await ports.sealing.seal(target, content.bytes)
        : acceptSealed(target, content, ports.envelopeKey);
    if (!sealed.ok) return sealed;
    const { size, envSafe } = content;
    const { version } = target;
    const expiresAt = typeof asked === 'number' ? asked : undefined;
    return ok({ ...sealed.value, version, size, envSafe, modifiedAt: clock(), expiresAt });
  };

  const create = async (request: CreateRequest): Promise<Outcome<SecretRow>> => {
    const { ownerId, name, content, note } = request;
    const id = content.kind === 'sealed' ? content.parts.header.secretId : ports.ids.secret();
    const target = { ownerId, secretId: id, name, version: 1 };
    const sealed = await versionOf(target, request);
    if (!sealed.ok) return sealed;
    const now = sealed.value.modifiedAt;
    const row = { ...sealed.value, id, ownerId, name, createdAt: now, lastUsedAt: undefined, note };
    return await database.write(async (stores) => {
      const room = await ports.quotas.secret(stores, ownerId);
      if (!room.ok) return room;
      const admitted = await admit(stores, target, row, { content, now });
      if (!admitted.ok) return admitted;
      if (!(await stores.secrets.insert(row))) {
        return refuse('name_taken', `There is already a secret ${name}; replace it, or choose another name.`);
      }
      await stores.audit.append({ ...recordOf(row), at: now, action: 'create', outcome: 'done' });
      return ok(row);
    });
  };

  const replaceOnce = async (current: SecretRow, request: WriteRequest): Promise<Outcome<SecretRow>> => {
    const { id, ownerId, name } = current;
    const target = { ownerId, secretId: id, name, version: current.version + 1 };
    const sealed = await versionOf(target, request);
    if (!sealed.ok) return sealed;
    const now = sealed.value.modifiedAt;
    return await database.write(async (stores) => {
      const admitted = await admit(stores, target, sealed.value, { content: request.content, now });
      if (!admitted.ok) return admitted;
      // An update leaves the version as it is: what stays is read under the lock.
      const [locked] = await stores.secrets.lock([id]);
      if (!locked) return conflict(name);
      const stays =
        request.expiresAt === undefined && locked.expiresAt !== undefined && locked.expiresAt > now;
      const next = stays ? { ...sealed.value, expiresAt: locked.expiresAt } : sealed.value;
      if (!(await stores.secrets.replace(id, next))) return conflict(name);
      const row = { ...current, ...next, note: locked.note };
      await stores.audit.append({ ...recordOf(row), at: now, action: 'replace', outcome: 'done' });
      return ok(row);
    });
  };

  const updateOnce = async (current: SecretRow, { changes }: UpdateRequest): Promise<Outcome<SecretRow>> => {
    const { id, ownerId, name, version } = current;
    return await database.write(async ({ secrets, audit }) => {
      if (!(await secrets.update(id, version, changes))) return conflict(name);
      const [row] = await secrets.find(ownerId, [name]);
      if (!row) return conflict(name);
      await audit.append({ ...recordOf(row), at: clock(), action: 'update', outcome: 'done' });
      return ok(row);
    });
  };

  const deleteOnce = (current: SecretRow): Promise<Outcome<void>> =>
    database.write(async ({ secrets, audit }) => {
      if (!(await secrets.delete(current.id, current.version))) return conflict(current.name);
      await audit.append({ ...recordOf(current), at: clock(), action: 'delete', outcome: 'done' });
      return ok(undefined);
    });

  /** Retries while others are faster; what the caller has seen is compared each time. */
  const onCurrent = async <T>(
    { ownerId, name, ifMatch }: DeleteRequest,
    attempt: (current: SecretRow) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> => {
    for (let tries = 1; ; tries += 1) {
      const [current] = await database.secrets.find(ownerId, [name]);
      if (!current)
        return refuse('secret_unknown', `You have no secret ${name}; create it, or choose another.`);
      const matched = checkVersion(ifMatch, current);
      if (!matched.ok) return matched;
      const outcome = await attempt(current);
      const raced = !outcome.ok && outcome.refusal.code === 'write_conflict';
      if (!raced || tries === ATTEMPTS) return outcome;
    }
  };

  return {
    create: async (request) => {
      const expiry = checkExpiry(request.expiresAt, clock());
      return expiry.ok ? await create(request) : expiry;
    },
    replace: async (request) => {
      const expiry = checkExpiry(request.expiresAt, clock());
      return expiry.ok ? await onCurrent(request, (current) => replaceOnce(current, request)) : expiry;
    },
    update: async (request) => {
      const expiry = checkExpiry(request.changes.expiresAt, clock());
      return expiry.ok ? await onCurrent(request, (current) => updateOnce(current, request)) : expiry;
    },
    delete: (request) => onCurrent(request, deleteOnce),
  };
}
