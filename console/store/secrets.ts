/** Secrets, and reservations of clients that seal for themselves. Zone 1; docs/design.md#database. */
import type { Knex } from 'knex';
import type {
  ReservationStore,
  SecretChanges,
  SecretRow,
  SecretOrder,
  SecretStore,
  SecretSummary,
  SecretVersion,
} from '../core/stores.ts';
import { kid, maybe, ownerId, salt, same, secretId, secretName } from './rows.ts';

export interface Secret {
  id: string;
  owner_id: string;
  name: string;
  version: number;
  gen: number;
  salt: string;
  envelope: string;
  kid: string;
  size: number;
  /** SQLite has no booleans. */
  env_safe: boolean | number;
  created_at: number;
  modified_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  note: string | null;
}

const summaryColumns = [
  ...(['id', 'owner_id', 'name', 'version', 'size', 'env_safe'] as const),
  ...(['created_at', 'modified_at', 'expires_at', 'last_used_at', 'note'] as const),
] as const;
type Summary = Pick<Secret, (typeof summaryColumns)[number]>;

function readSummary(row: Summary): SecretSummary {
  return {
    id: secretId(row.id),
    ownerId: ownerId(row.owner_id),
    name: secretName(row.name),
    version: row.version,
    size: row.size,
    envSafe: Boolean(row.env_safe),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    expiresAt: maybe(row.expires_at, same),
    lastUsedAt: maybe(row.last_used_at, same),
    note: maybe(row.note, same),
  };
}

export function readSecret(row: Secret): SecretRow {
  return {
    ...readSummary(row),
    gen: row.gen,
    salt: salt.read(row.salt),
    envelope: row.envelope,
    kid: kid(row.kid),
  };
}

/** Names are ASCII, so case is simple; `_` is a letter here and a wildcard to the database. */
function pattern(part: string): string {
  return `%${part.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
}

function versionColumns(next: SecretVersion) {
  return {
    version: next.version,
    gen: next.gen,
    salt: salt.write(next.salt),
    envelope: next.envelope,
    kid: next.kid,
    size: next.size,
    env_safe: next.envSafe,
    modified_at: next.modifiedAt,
    expires_at: next.expiresAt ?? null,
  };
}

function changedColumns({ expiresAt, note }: SecretChanges) {
  return {
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt === 'never' ? null : expiresAt }),
    ...(note === undefined ? {} : { note: note === '' ? null : note }),
  };
}

const byName: SecretOrder = { by: 'name', descending: false };
const orderColumns = {
  name: 'name',
  size: 'size',
  createdAt: 'created_at',
  modifiedAt: 'modified_at',
  lastUsedAt: 'last_used_at',
  expiresAt: 'expires_at',
} as const satisfies Record<SecretOrder['by'], keyof Secret>;

export function createSecretStore(db: Knex): SecretStore {
  const secrets = () => db<Secret>('secrets');
  const named = (id: string, containing: string | undefined) => {
    const own = secrets().where({ owner_id: id });
    return containing === undefined || containing === ''
      ? own
      : own.whereRaw("lower(name) like ? escape '\\'", [pattern(containing)]);
  };
  return {
    list: async (id, { limit, offset = 0, order = byName, after, containing }) => {
      const query = named(id, containing).limit(limit).offset(offset);
      const { by, descending } = order;
      // Not by knex's own `nulls`: on SQLite it loses the direction.
      if (by === 'lastUsedAt' || by === 'expiresAt') query.orderByRaw('?? is null', [orderColumns[by]]);
      query.orderBy(orderColumns[by], descending ? 'desc' : 'asc').orderBy('name');
      const rows = await (after === undefined ? query : query.where('name', '>', after)).select(
        ...summaryColumns,
      );
      return rows.map(readSummary);
    },
    count: async (id, containing) => {
      const [row] = await named(id, containing).count({ all: '*' });
      return Number(row?.['all']);
    },
    find: async (id, names) => {
      const rows = await secrets().where({ owner_id: id }).whereIn('name', names);
      return rows.map(readSecret);
    },
    insert: async (row) => {
      const { id, ownerId: owner_id, name, createdAt: created_at, note = null } = row;
      const inserted = await secrets()
        .insert({ id, owner_id, name, created_at, note, last_used_at: null, ...versionColumns(row) })
        .onConflict()
        .ignore()
        .returning('id');
      return inserted.length === 1;
    },
    replace: async (id, next) => {
      const current = { id, version: next.version - 1 };
      return (await secrets().where(current).update(versionColumns(next))) === 1;
    },
    update: async (id, version, changes) =>
      (await secrets().where({ id, version }).update(changedColumns(changes))) === 1,
    delete: async (id, version) => (await secrets().where({ id, version }).delete()) === 1,
    lock: async (ids) => {
      // In the same order for all, so that two claims never deadlock.
      const rows = await secrets()
        .whereIn('id', ids)
        .orderBy('id')
        .forUpdate()
        .select('id', 'name', 'expires_at', 'note');
      return rows.map((row) => ({
        id: secretId(row.id),
        name: secretName(row.name),
        expiresAt: maybe(row.expires_at, same),
        note: maybe(row.note, same),
      }));
    },
    markUsed: async (ids, at) => {
      await secrets().whereIn('id', ids).update({ last_used_at: at });
    },
  };
}

interface ReservationColumns {
  secret_id: string;
  salt: string;
  owner_id: string;
  name: string;
  version: number;
  gen: number;
  until: number;
}

export function createReservationStore(db: Knex): ReservationStore {
  const reservations = () => db<ReservationColumns>('reservations');
  return {
    countLive: async (id, now) => {
      await reservations().where({ owner_id: id }).where('until', '<=', now).delete();
      const [row] = await reservations().where({ owner_id: id }).count({ live: '*' });
      return Number(row?.['live']);
    },
    insert: async ({ secretId: secret_id, ownerId: owner_id, salt: bytes, ...rest }) => {
      await reservations().insert({ ...rest, secret_id, owner_id, salt: salt.write(bytes) });
    },
    consume: async ({ secretId: secret_id, ownerId: owner_id, name, version, gen, salt: bytes }, now) => {
      const consumed = await reservations()
        .where({ secret_id, owner_id, name, version, gen, salt: salt.write(bytes) })
        .where('until', '>', now)
        .delete();
      return consumed === 1;
    },
  };
}
