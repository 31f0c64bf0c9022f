/**
 * The console's settings, and contradictions between them. Zone 1;
 * docs/design.md#settings. Secrets are given as paths of files.
 */
import { keysOfTwoUses } from '#platform/key-uses.ts';
import { kubernetesSettings } from '#platform/kubernetes.ts';
import { parseLaunchers, sharedLauncher } from '#platform/launchers.ts';
import { namespaceList } from '#platform/namespaces.ts';
import { serviceSettings } from '#platform/service.ts';
import {
  file,
  httpsUrl,
  integer,
  list,
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
import { limitSettings } from './limit-settings.ts';
import { databaseUrlOf, retentionSettings, storageSettings } from './storage-settings.ts';
import { LAUNCHER_ORIGIN } from './web/launch-request.ts';

const DAY_SECONDS = 86_400;

/** Exactly as the provider writes it: issuers are compared, not resolved. */
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
  oidcAudience: text('TWOFOLD_OIDC_AUDIENCE', { doc: 'The console’s audience in access tokens.' }),
  oidcTokenType: text('TWOFOLD_OIDC_TOKEN_TYPE', {
    doc: 'The `typ` in the header of access tokens; `JWT` for providers that do not follow RFC 9068: theirs have that, or none (docs/providers.md).',
    fallback: 'at+jwt',
  }),
  oidcCliClientId: text('TWOFOLD_OIDC_CLI_CLIENT_ID', {
    doc: 'The provider’s public client for the command line: device flow, and loopback redirects with PKCE.',
    fallback: 'twofold-cli',
  }),
  oidcCliScope: text('TWOFOLD_OIDC_CLI_SCOPE', {
    doc: 'Scopes that the command line requests, so that its access tokens are for the audience above.',
    fallback: 'openid profile offline_access',
  }),
  oidcCaFile: optional(
    path('TWOFOLD_OIDC_CA_FILE', {
      doc: 'Roots of the identity provider; the system’s if absent. Read again when the file changes.',
    }),
  ),
  launchers: optional(
    file('TWOFOLD_LAUNCHERS_FILE', {
      doc: 'Trusted launchers; none if absent.',
      kind: 'a launchers file',
      parse: parseLaunchers,
    }),
  ),
  namespaces: namespaceList(
    'TWOFOLD_NAMESPACES',
    'Namespaces where sessions may have secrets, as the webhook has them: tickets for others are refused.',
  ),
};

/** The page. */
const web = {
  oidcClientId: optional(
    text('TWOFOLD_OIDC_CLIENT_ID', {
      doc: 'The page’s client at the identity provider, with the redirect URI `<public URL>/login/callback` and the post-logout one `<public URL>/logout/done`; without it there is only the API.',
    }),
  ),
  oidcClientSecret: optional(
    file('TWOFOLD_OIDC_CLIENT_SECRET_FILE', {
      doc: 'Secret of that client; absent for a public client.',
      kind: 'a client secret',
      parse: (content) => content.trim(),
    }),
  ),
  oidcScope: text('TWOFOLD_OIDC_SCOPE', {
    doc: 'Scopes that the page requests.',
    fallback: 'openid profile email',
  }),
  webIdleSeconds: integer('TWOFOLD_WEB_IDLE_SECONDS', {
    doc: 'A login on the page ends after this time without use.',
    min: 60,
    max: 30 * DAY_SECONDS,
    fallback: '3600',
  }),
  webLifeSeconds: integer('TWOFOLD_WEB_LIFE_SECONDS', {
    doc: 'A login on the page ends after this time, used or not.',
    min: 60,
    max: 30 * DAY_SECONDS,
    fallback: '43200',
  }),
  launcherOrigins: list('TWOFOLD_LAUNCHER_ORIGINS', {
    doc: 'Origins (`https://hub.example.org`) that may embed `/launch` and that it returns to; `http://localhost`, `http://127.0.0.1` and `http://[::1]` for development.',
    pattern: LAUNCHER_ORIGIN,
    fallback: '',
  }),
};

const keys = {
  atRestKeys: file('TWOFOLD_AT_REST_KEYS_FILE', {
    doc: 'Keys that seal user keys, newest first.',
    kind: 'a JWK set of oct keys',
    parse: parseAtRestKeys,
  }),
  ticketKeys: file('TWOFOLD_TICKET_KEYS_FILE', {
    doc: 'Keys that sign tickets, newest first; retired ones stay for the longest ticket life.',
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

export const consoleSettings = {
  ...serviceSettings,
  ...ports,
  ...identity,
  ...web,
  ...storageSettings,
  ...keys,
  ...limitSettings,
  ...retentionSettings,
  ...kubernetesSettings,
} as const;

export type ConsoleConfig = Values<typeof consoleSettings>;

function databaseProblems(config: ConsoleConfig): string[] {
  try {
    databaseUrlOf(config);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

type KeySettings = Pick<
  ConsoleConfig,
  'atRestKeys' | 'ticketKeys' | 'cookieKeys' | 'recordKeys' | 'grantKeys'
>;

/** RSA keys are left out: no other use accepts one. */
function keyProblems(config: KeySettings): string[] {
  return keysOfTwoUses([
    { variable: consoleSettings.atRestKeys.variable, kids: config.atRestKeys.byKid.keys() },
    { variable: consoleSettings.ticketKeys.variable, kids: config.ticketKeys.verifiers.keys() },
    { variable: consoleSettings.cookieKeys.variable, kids: config.cookieKeys.map(({ kid }) => kid) },
    { variable: consoleSettings.recordKeys.variable, kids: config.recordKeys.map(({ kid }) => kid) },
    { variable: consoleSettings.grantKeys.variable, kids: config.grantKeys.keys() },
  ]);
}

function launcherProblems({
  launchers,
  namespaces,
}: Pick<ConsoleConfig, 'launchers' | 'namespaces'>): string[] {
  const shared = sharedLauncher(launchers ?? [], namespaces);
  const { launchers: file, namespaces: list } = consoleSettings;
  return shared === undefined ? [] : [`${file.variable} and ${list.variable}: ${shared}`];
}

/** Every contradiction, each with its variables; empty if the console may start. */
export function contradictionsOf(config: ConsoleConfig): string[] {
  return [...databaseProblems(config), ...keyProblems(config), ...launcherProblems(config)];
}
