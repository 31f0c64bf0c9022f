/** Settings that limit what a user may have, and how often they may ask. Zone 1; docs/design.md#load. */
import { MAX_VALUE_BYTES } from '#envelope/limits.ts';
import { flag, integer } from '#platform/settings.ts';

const DAY_SECONDS = 86_400;
const MAX_TICKET_SECONDS = 30 * DAY_SECONDS;
const MOST = 1_000_000;

const limits = {
  ticketLifeSeconds: integer('TWOFOLD_TICKET_LIFE_SECONDS', {
    doc: 'Life of a ticket requested without `ttlSeconds`.',
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
    doc: 'Whether the page offers environment variables and tickets are issued for them; set it like the webhook’s setting of this name, which decides.',
    fallback: 'false',
  }),
  grantLifeSeconds: integer('TWOFOLD_GRANT_LIFE_SECONDS', {
    doc: 'Time limit for a session’s first claim, as the console enforces it; the keyservice’s setting of this name limits it too.',
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
    doc: 'Requests from one owner, or from one address where there is no owner, in each replica.',
    min: 1,
    max: 1_000_000,
    fallback: '600',
  }),
};

/** Starting sessions: `core/start-limits.ts`. */
const startLimits = {
  startsPerMinute: integer('TWOFOLD_STARTS_PER_MINUTE', {
    doc: '`resolve`s, and as many `claim`s, from one namespace, in each replica: a namespace may be a whole JupyterHub. Ten times as many `claim`s from one address, before a grant has shown the namespace.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  refusalsPerMinute: integer('TWOFOLD_REFUSALS_PER_MINUTE', {
    doc: 'Refused `resolve`s from one namespace that are answered with their reason and recorded, in each replica. Also how often the launchers of a namespace may ask for a user or a secret that does not exist.',
    min: 1,
    max: MOST,
    fallback: '300',
  }),
  unknownPerMinute: integer('TWOFOLD_UNKNOWN_PER_MINUTE', {
    doc: 'How often one launcher, or one ticket, may ask `resolve` for secrets that an owner does not have, in each replica; beyond that, no answer shows whether a secret exists.',
    min: 1,
    max: MOST,
    fallback: '20',
  }),
};

/** What one owner can store: `core/quotas.ts`. */
const quotas = {
  quotaSecrets: integer('TWOFOLD_QUOTA_SECRETS', {
    doc: 'Secrets of one owner.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  quotaTickets: integer('TWOFOLD_QUOTA_TICKETS', {
    doc: 'Live tickets of one owner. Those minted for a trusted launcher’s pods do not count, so that no hub is locked out; their sessions do.',
    min: 1,
    max: MOST,
    fallback: '1000',
  }),
  quotaSessions: integer('TWOFOLD_QUOTA_SESSIONS', {
    doc: 'Sessions of one owner that no pod has claimed yet but one still may.',
    min: 1,
    max: MOST,
    fallback: '10000',
  }),
  quotaVersions: integer('TWOFOLD_QUOTA_VERSIONS', {
    doc: 'Versions of one owner’s secrets in flight: those that the sessions above hold.',
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
    doc: 'Concurrent logins of one owner on the page: one more ends the oldest.',
    min: 1,
    max: 1_000,
    fallback: '20',
  }),
};

export const limitSettings = {
  ...limits,
  ...startLimits,
  ...quotas,
} as const;
