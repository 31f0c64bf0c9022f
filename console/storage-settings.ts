/**
 * Settings of the database and of retention, for the console and the operator's program. Zone 1;
 * docs/design.md#database.
 */
import { file, integer, optional, path, text, type Values } from '#platform/settings.ts';

export const storageSettings = {
  databaseUrl: optional(
    text('TWOFOLD_DATABASE_URL', {
      doc: '`sqlite:/path/file.db`, a file of mode 0600 in a folder that nobody else may write to; a missing folder is created with 0700. Set either this or the next.',
    }),
  ),
  databaseUrlFromFile: optional(
    file('TWOFOLD_DATABASE_URL_FILE', {
      doc: 'The database’s address, `postgres://…` or `sqlite:…`: it may contain a password.',
      kind: 'a database address',
      parse: (content) => content.trim(),
    }),
  ),
  sqliteAddon: optional(
    path('TWOFOLD_SQLITE_ADDON', {
      doc: '`better_sqlite3.node` for this Node; the image contains it. SQLite only.',
    }),
  ),
};

const MAX_DAYS = 3_650;

/** Rows that are no longer needed: `core/retention.ts` has the rule. */
export const retentionSettings = {
  sessionDays: integer('TWOFOLD_RETENTION_SESSION_DAYS', {
    doc: 'Days that ended tickets and sessions are kept; a session that a pod may still claim is never deleted.',
    min: 1,
    max: MAX_DAYS,
    fallback: '30',
  }),
  loginDays: integer('TWOFOLD_RETENTION_LOGIN_DAYS', {
    doc: 'Days that a login is remembered after it was last seen; 0 is forever: the name that a launcher gives resolves only to the one owner that ever had it.',
    min: 0,
    max: MAX_DAYS,
    fallback: '0',
  }),
  auditDays: integer('TWOFOLD_RETENTION_AUDIT_DAYS', {
    doc: 'Days that audit records are kept; 0 is forever.',
    min: 0,
    max: MAX_DAYS,
    fallback: '365',
  }),
};

/** The database's address. Throws if it is given twice or not at all, or there is no driver for it. */
export function databaseUrlOf({
  databaseUrl,
  databaseUrlFromFile,
  sqliteAddon,
}: Values<typeof storageSettings>): string {
  if ((databaseUrl === undefined) === (databaseUrlFromFile === undefined)) {
    throw new Error('set exactly one of TWOFOLD_DATABASE_URL and TWOFOLD_DATABASE_URL_FILE');
  }
  const url = databaseUrlFromFile ?? databaseUrl ?? '';
  if (databaseUrl !== undefined && !/^sqlite:./.test(databaseUrl)) {
    throw new Error(
      'TWOFOLD_DATABASE_URL must be sqlite:/path/file.db; an address with a password goes into TWOFOLD_DATABASE_URL_FILE',
    );
  }
  if (!/^(sqlite:.|postgres(ql)?:\/\/)/.test(url)) {
    throw new Error('TWOFOLD_DATABASE_URL_FILE holds neither sqlite:/path/file.db nor postgres://…');
  }
  if (url.startsWith('sqlite:') && sqliteAddon === undefined) {
    throw new Error(
      'set TWOFOLD_SQLITE_ADDON to the path of better_sqlite3.node: the database is a SQLite file',
    );
  }
  return url;
}
