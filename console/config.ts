/** The console's settings. Zone 1; design §9. Secrets come by the path of a file. */
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { kubernetesSettings } from '#platform/kubernetes.ts';
import { parseLaunchers } from '#platform/launchers.ts';
import { serviceSettings } from '#platform/service.ts';
import {
  file,
  flag,
  httpsUrl,
  integer,
  optional,
  path,
  port,
  text,
  type Setting,
  type Values,
} from '#platform/settings.ts';
import {
  parseAtRestKeys,
  parseCookieKeys,
  parseEnvelopeKeys,
  parseGrantKeys,
  parseRecordKeys,
  parseTicketKeys,
} from './key-files.ts';
import { webSettings } from './web/settings.ts';

const DAY_SECONDS = 86_400;
const MAX_TICKET_SECONDS = 30 * DAY_SECONDS;

/** Exactly as the provider writes it: an issuer is compared, not resolved. */
function issuer(variable: string, doc: string): Setting<string> {
  return {
    ...httpsUrl(variable, { doc }),
    parse: async (value, readFile) => {
      await httpsUrl(variable, { doc }).parse(value, readFile);
      return value;
    },
  };
}

const ports = {
  publicPort: port('TWOFOLD_PUBLIC_PORT', { doc: 'Users’ page and API.', fallback: '8443' }),
  resolvePort: port('TWOFOLD_RESOLVE_PORT', { doc: 'The webhook’s `resolve`.', fallback: '8444' }),
  claimPort: port('TWOFOLD_CLAIM_PORT', { doc: 'The init containers’ `claim`.', fallback: '8445' }),
  tlsDir: path('TWOFOLD_TLS_DIR', {
    doc: 'Folder with `tls.crt`, `tls.key` and `ca.crt`: the server’s leaf, and the roots of client certificates.',
  }),
};

const identity = {
  publicUrl: httpsUrl('TWOFOLD_PUBLIC_URL', {
    doc: 'The console’s address for users; `iss` of its tickets.',
  }),
  cluster: text('TWOFOLD_CLUSTER', { doc: 'The cluster’s name; `aud` of tickets and grants.' }),
  oidcIssuer: issuer('TWOFOLD_OIDC_ISSUER', 'The identity provider’s issuer, exactly as it writes it.'),
  oidcAudience: text('TWOFOLD_OIDC_AUDIENCE', { doc: 'The console’s own audience in access tokens.' }),
  oidcTokenType: text('TWOFOLD_OIDC_TOKEN_TYPE', {
    doc: 'The `typ` that access tokens must have; `JWT` for providers that do not follow RFC 9068.',
    fallback: 'at+jwt',
  }),
  oidcCliClientId: text('TWOFOLD_OIDC_CLI_CLIENT_ID', {
    doc: 'The provider’s public client for the command line: device flow, and loopback redirects with PKCE.',
    fallback: 'twofold-cli',
  }),
  oidcCliScope: text('TWOFOLD_OIDC_CLI_SCOPE', {
    doc: 'Scopes that the command line asks for, so that its access tokens are for the audience above.',
    fallback: 'openid profile offline_access',
  }),
  oidcCaFile: optional(
    path('TWOFOLD_OIDC_CA_FILE', {
      doc: 'Roots of the identity provider; the system’s where absent. Read again when the file changes.',
    }),
  ),
  launchers: optional(
    file('TWOFOLD_LAUNCHERS_FILE', {
      doc: 'Trusted launchers; none where absent.',
      kind: 'a launchers file',
      parse: parseLaunchers,
    }),
  ),
};

export const storageSettings = {
  databaseUrl: optional(
    text('TWOFOLD_DATABASE_URL', {
      doc: '`sqlite:/path/file.db`, kept with mode 0600, in a folder that nobody else may write; one that is missing is made with 0700. Either this or the next.',
    }),
  ),
  databaseUrlFromFile: optional(
    file('TWOFOLD_DATABASE_URL_FILE', {
      doc: 'The database’s address, `postgres://…` or `sqlite:…`: it may hold a password.',
      kind: 'a database address',
      parse: (content) => content.trim(),
    }),
  ),
  sqliteAddon: optional(
    path('TWOFOLD_SQLITE_ADDON', {
      doc: '`better_sqlite3.node` for this Node; the image has it. SQLite only.',
    }),
  ),
};

const keys = {
  atRestKeys: file('TWOFOLD_AT_REST_KEYS_FILE', {
    doc: 'Keys that seal user keys, newest first.',
    kind: 'a JWK set of oct keys',
    parse: parseAtRestKeys,
  }),
  ticketKeys: file('TWOFOLD_TICKET_KEYS_FILE', {
    doc: 'Keys that sign tickets, newest first; retired ones stay for one longest life.',
    kind: 'a JWK set of Ed25519 private keys',
    parse: parseTicketKeys,
  }),
  cookieKeys: file('TWOFOLD_COOKIE_KEYS_FILE', {
    doc: 'Keys that seal the page’s cookies, newest first.',
    kind: 'a JWK set of oct keys',
    parse: parseCookieKeys,
  }),
  recordKeys: file('TWOFOLD_RECORD_KEYS_FILE', {
    doc: 'Keys that authenticate the database’s rows that confer authority, newest first.',
    kind: 'a JWK set of oct keys',
    parse: parseRecordKeys,
  }),
  envelopeKey: file('TWOFOLD_ENVELOPE_KEYS_FILE', {
    doc: 'The keyservice’s public keys, newest first: new secrets are sealed to the newest.',
    kind: 'a JWK set of RSA public keys',
    parse: parseEnvelopeKeys,
  }),
  grantKeys: file('TWOFOLD_GRANT_KEYS_FILE', {
    doc: 'The keyservice’s public keys that grants are signed with.',
    kind: 'a JWK set of Ed25519 public keys',
    parse: parseGrantKeys,
  }),
};

const limits = {
  ticketLifeSeconds: integer('TWOFOLD_TICKET_LIFE_SECONDS', {
    doc: 'Life of a ticket that is asked for without `ttlSeconds`.',
    min: 60,
    max: MAX_TICKET_SECONDS,
    fallback: String(DAY_SECONDS),
  }),
  ticketLifeMaxSeconds: integer('TWOFOLD_TICKET_LIFE_MAX_SECONDS', {
    doc: 'Longest life of a ticket.',
    min: 60,
    max: MAX_TICKET_SECONDS,
    fallback: String(MAX_TICKET_SECONDS),
  }),
  envEnabled: flag('TWOFOLD_ENV_ENABLED', {
    doc: 'Whether the page offers environment variables, and tickets are issued for them: as the webhook’s setting of this name, which decides.',
    fallback: 'false',
  }),
  grantLifeSeconds: integer('TWOFOLD_GRANT_LIFE_SECONDS', {
    doc: 'Time for a session’s first claim, as the console holds it; the keyservice’s setting of this name bounds it too.',
    min: 1,
    max: MAX_TICKET_SECONDS,
    fallback: String(DAY_SECONDS),
  }),
  maxValueBytes: integer('TWOFOLD_MAX_VALUE_BYTES', {
    doc: 'Largest value of a secret.',
    min: 1,
    max: MAX_VALUE_BYTES,
    fallback: String(MAX_VALUE_BYTES),
  }),
  rateLimitPerMinute: integer('TWOFOLD_RATE_LIMIT_PER_MINUTE', {
    doc: 'Requests of one owner, or of one address where there is no owner, in each replica.',
    min: 1,
    max: 1_000_000,
    fallback: '600',
  }),
};

const MOST = 1_000_000;

/** What one owner can make persistent: `core/quotas.ts`. */
const quotas = {
  quotaSecrets: integer('TWOFOLD_QUOTA_SECRETS', {
    doc: 'Secrets of one owner.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  quotaTickets: integer('TWOFOLD_QUOTA_TICKETS', {
    doc: 'Tickets of one owner that live. Those minted for a trusted launcher’s pods do not count, so that no hub is locked out; their sessions do.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  quotaSessions: integer('TWOFOLD_QUOTA_SESSIONS', {
    doc: 'Sessions of one owner that no pod has claimed yet, and that one still may.',
    min: 1,
    max: MOST,
    fallback: '10000',
  }),
  quotaVersions: integer('TWOFOLD_QUOTA_VERSIONS', {
    doc: 'Versions of secrets in flight: those that the sessions above hold, of one owner.',
    min: 1,
    max: MOST,
    fallback: '100000',
  }),
  quotaReservations: integer('TWOFOLD_QUOTA_RESERVATIONS', {
    doc: 'Sealings that clients of one owner have begun; each lapses after ten minutes.',
    min: 1,
    max: 1_000,
    fallback: '8',
  }),
  quotaWebSessions: integer('TWOFOLD_QUOTA_WEB_SESSIONS', {
    doc: 'Logins of one owner on the page at a time: one more ends the oldest.',
    min: 1,
    max: 1_000,
    fallback: '20',
  }),
};

/** Starting sessions: `core/start-limits.ts`. */
const startLimits = {
  startsPerMinute: integer('TWOFOLD_STARTS_PER_MINUTE', {
    doc: '`resolve`s, and as many `claim`s, of one namespace, in each replica: a namespace may be a whole JupyterHub. Ten times as many `claim`s of one address, before a grant has told the namespace.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  refusalsPerMinute: integer('TWOFOLD_REFUSALS_PER_MINUTE', {
    doc: 'Refused `resolve`s of one namespace that are answered with their reason and recorded, in each replica. Also how often the launchers of a namespace may ask for a user or a secret that is not there.',
    min: 1,
    max: MOST,
    fallback: '300',
  }),
  unknownPerMinute: integer('TWOFOLD_UNKNOWN_PER_MINUTE', {
    doc: 'How often one launcher, or one ticket, may ask `resolve` for secrets that an owner does not have, in each replica; beyond, nothing says whether there is such a secret.',
    min: 1,
    max: MOST,
    fallback: '20',
  }),
};

const MAX_DAYS = 3_650;

/** Rows that have done their duty: `core/retention.ts` has the rule. */
export const retentionSettings = {
  sessionDays: integer('TWOFOLD_RETENTION_SESSION_DAYS', {
    doc: 'Days that ended tickets and sessions are kept; never one that a pod may still claim.',
    min: 1,
    max: MAX_DAYS,
    fallback: '30',
  }),
  loginDays: integer('TWOFOLD_RETENTION_LOGIN_DAYS', {
    doc: 'Days that a login is remembered after its last time; 0 is for ever: a launcher’s word resolves only to the one owner that ever carried it.',
    min: 0,
    max: MAX_DAYS,
    fallback: '0',
  }),
  auditDays: integer('TWOFOLD_RETENTION_AUDIT_DAYS', {
    doc: 'Days that audit records are kept; 0 is for ever.',
    min: 0,
    max: MAX_DAYS,
    fallback: '365',
  }),
};

export const consoleSettings = {
  ...serviceSettings,
  ...ports,
  ...identity,
  ...webSettings,
  ...storageSettings,
  ...keys,
  ...limits,
  ...startLimits,
  ...quotas,
  ...retentionSettings,
  ...kubernetesSettings,
} as const;

export type ConsoleConfig = Values<typeof consoleSettings>;

/** The database's address. Throws where the two ways of giving it contradict, or it is of a kind without a driver. */
export function databaseUrlOf({
  databaseUrl,
  databaseUrlFromFile,
  sqliteAddon,
}: Pick<ConsoleConfig, 'databaseUrl' | 'databaseUrlFromFile' | 'sqliteAddon'>): string {
  if ((databaseUrl === undefined) === (databaseUrlFromFile === undefined)) {
    throw new Error('set exactly one of TWOFOLD_DATABASE_URL and TWOFOLD_DATABASE_URL_FILE');
  }
  const url = databaseUrlFromFile ?? databaseUrl ?? '';
  if (databaseUrl !== undefined && !/^sqlite:./.test(databaseUrl)) {
    throw new Error(
      'TWOFOLD_DATABASE_URL is sqlite:/path/file.db; an address with a password goes into TWOFOLD_DATABASE_URL_FILE',
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
