/**
 * The settings of each service in a development cluster, variable by variable: what an operator would configure.
 * Development tool, no zone; docs/configuration.md explains each.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteAddon } from '../build.ts';
import { claimUrl, development, launchersOf, urlOf, type Environment } from './environment.ts';

export type Env = Readonly<Record<string, string>>;

/** How a service reaches the API server. */
export interface ApiServerAccess {
  readonly url: string;
  readonly ca: string;
  readonly tokenFile: string;
}

function common(environment: Environment, tlsLeaf: string): Record<string, string> {
  return {
    ...(environment.options.ipv6 === true ? {} : { TWOFOLD_HOST: '127.0.0.1' }),
    TWOFOLD_HEALTH_PORT: '0',
    TWOFOLD_TLS_DIR: join(environment.certificates, tlsLeaf),
  };
}

function apiServerEnv({ dir }: Environment, { url, ca, tokenFile }: ApiServerAccess): Record<string, string> {
  const caFile = join(dir, 'kubernetes-ca.crt');
  writeFileSync(caFile, ca);
  return {
    TWOFOLD_KUBERNETES_URL: url,
    TWOFOLD_KUBERNETES_CA_FILE: caFile,
    TWOFOLD_KUBERNETES_TOKEN_FILE: tokenFile,
  };
}

/** Every namespace, except where launchers are trusted: their accounts live apart from sessions. */
export function sessionNamespaces(environment: Environment): string {
  if (environment.options.namespaces !== undefined) return environment.options.namespaces;
  const launched = launchersOf(environment).flatMap(({ namespaces }) => namespaces);
  return launched.length === 0 ? '*' : [...new Set([development.namespace, ...launched])].join(',');
}

function launchersEnv({ options }: Environment): Record<string, string> {
  return options.launchersFile === undefined ? {} : { TWOFOLD_LAUNCHERS_FILE: options.launchersFile };
}

export function keyserviceEnv(environment: Environment): Env {
  return {
    ...common(environment, 'keyservice'),
    TWOFOLD_PORT: String(environment.ports.keyservice),
    TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE: environment.keys.keyservice.envelopePrivate,
    TWOFOLD_GRANT_SIGNING_KEYS_FILE: environment.keys.keyservice.grantSigning,
    TWOFOLD_TICKET_PUBLIC_KEYS_FILE: environment.keys.keyservice.ticketPublic,
    TWOFOLD_TICKET_ISSUER: urlOf(environment, 'console'),
    TWOFOLD_CLUSTER: development.cluster,
    TWOFOLD_AUDIT_FILE: join(environment.dir, 'logs', 'keyservice.audit'),
  };
}

export function consoleEnv(environment: Environment, apiServer: ApiServerAccess, issuer: string): Env {
  const databaseUrlFile = join(environment.dir, 'database-url');
  const url = environment.options.database ?? `sqlite:${join(environment.dir, 'twofold.db')}`;
  writeFileSync(databaseUrlFile, url, { mode: 0o600 });
  return {
    ...common(environment, 'console'),
    ...apiServerEnv(environment, apiServer),
    ...launchersEnv(environment),
    TWOFOLD_PUBLIC_PORT: String(environment.ports.console),
    TWOFOLD_RESOLVE_PORT: String(environment.ports.consoleResolve),
    TWOFOLD_CLAIM_PORT: String(environment.ports.consoleClaim),
    TWOFOLD_PUBLIC_URL: urlOf(environment, 'console'),
    TWOFOLD_CLUSTER: development.cluster,
    TWOFOLD_DATABASE_URL_FILE: databaseUrlFile,
    TWOFOLD_SQLITE_ADDON: sqliteAddon,
    TWOFOLD_AT_REST_KEYS_FILE: environment.keys.console.atRest,
    TWOFOLD_COOKIE_KEYS_FILE: environment.keys.console.cookie,
    TWOFOLD_RECORD_KEYS_FILE: environment.keys.console.record,
    TWOFOLD_TICKET_KEYS_FILE: environment.keys.console.ticketSigning,
    TWOFOLD_ENVELOPE_KEYS_FILE: environment.keys.console.envelopePublic,
    TWOFOLD_GRANT_KEYS_FILE: environment.keys.console.grantPublic,
    TWOFOLD_OIDC_ISSUER: issuer,
    TWOFOLD_OIDC_AUDIENCE: development.audience,
    TWOFOLD_OIDC_CA_FILE: environment.caFile,
    TWOFOLD_OIDC_CLIENT_ID: development.webClient,
    TWOFOLD_OIDC_CLIENT_SECRET_FILE: environment.webClientSecretFile,
    TWOFOLD_NAMESPACES: sessionNamespaces(environment),
    ...(environment.options.origins === undefined
      ? {}
      : { TWOFOLD_LAUNCHER_ORIGINS: environment.options.origins }),
    TWOFOLD_ENV_ENABLED: 'true',
    TWOFOLD_RATE_LIMIT_PER_MINUTE: '1000000',
  };
}

export function webhookEnv(environment: Environment, apiServer: ApiServerAccess): Env {
  return {
    ...common(environment, 'webhook'),
    ...apiServerEnv(environment, apiServer),
    ...launchersEnv(environment),
    TWOFOLD_PORT: String(environment.ports.webhook),
    TWOFOLD_APISERVER_CLIENT_CA_FILE: environment.caFile,
    TWOFOLD_RESOLVE_URL: urlOf(environment, 'consoleResolve'),
    TWOFOLD_CLIENT_TLS_DIR_RESOLVE: join(environment.certificates, 'webhook-resolve'),
    TWOFOLD_KEYSERVICE_URL: urlOf(environment, 'keyservice'),
    TWOFOLD_CLIENT_TLS_DIR_KEYSERVICE: join(environment.certificates, 'webhook-unwrap'),
    TWOFOLD_CLAIM_URL: claimUrl(environment),
    TWOFOLD_INJECTOR_IMAGE: development.image,
    TWOFOLD_NAMESPACES: sessionNamespaces(environment),
    TWOFOLD_ENV_ENABLED: 'true',
    TWOFOLD_SWEEP_SECONDS: '1',
    TWOFOLD_AUDIT_FILE: join(environment.dir, 'logs', 'webhook.audit'),
  };
}
