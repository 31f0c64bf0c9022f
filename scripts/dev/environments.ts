/**
 * The settings of each service in a development cluster, variable by variable: what an operator would configure.
 * Development tool, no zone; docs/configuration.md says what each means.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLaunchers, type Launcher } from '#platform/launchers.ts';
import { sqliteAddon } from '../sqlite-addon.ts';
import type { Cluster } from './cluster.ts';
import { urlOf, type Ground } from './ground.ts';

/** Values of a development cluster; the session namespace is the one of the captured reviews' people. */
export const development = {
  cluster: 'development',
  audience: 'twofold-console',
  /** The page's client at the development identity provider. */
  webClient: 'twofold-page',
  image: 'twofold/injector:development',
  namespace: 'fx-dev',
} as const;

export type Env = Readonly<Record<string, string>>;

/** A file with a bearer for the API server. */
export async function writeToken(
  ground: Ground,
  kubernetes: Cluster,
  name: string,
  user: Parameters<Cluster['token']>[0],
) {
  const file = join(ground.dir, 'tokens', `${name}.kubernetes`);
  writeFileSync(file, await kubernetes.token(user), { mode: 0o600 });
  return file;
}

function common(ground: Ground, tlsLeaf: string): Record<string, string> {
  return {
    TWOFOLD_HOST: '127.0.0.1',
    TWOFOLD_HEALTH_PORT: '0',
    TWOFOLD_TLS_DIR: join(ground.certificates, tlsLeaf),
  };
}

function kubernetesEnv(ground: Ground, kubernetes: Cluster, tokenFile: string): Record<string, string> {
  const caFile = join(ground.dir, 'kubernetes-ca.crt');
  writeFileSync(caFile, kubernetes.ca);
  return {
    TWOFOLD_KUBERNETES_URL: kubernetes.url,
    TWOFOLD_KUBERNETES_CA_FILE: caFile,
    TWOFOLD_KUBERNETES_TOKEN_FILE: tokenFile,
  };
}

/** Whom this cluster trusts to speak for users. */
export function launchersOf({ options }: Ground): readonly Launcher[] {
  return options.launchersFile === undefined
    ? []
    : parseLaunchers(readFileSync(options.launchersFile, 'utf8'));
}

/** Every namespace, but where launchers are trusted: their accounts live apart from sessions. */
function sessionNamespaces(ground: Ground): string {
  const launched = launchersOf(ground).flatMap(({ namespaces }) => namespaces);
  return launched.length === 0 ? '*' : [...new Set([development.namespace, ...launched])].join(',');
}

function launchersEnv({ options }: Ground): Record<string, string> {
  return options.launchersFile === undefined ? {} : { TWOFOLD_LAUNCHERS_FILE: options.launchersFile };
}

export function keyserviceEnv(ground: Ground): Env {
  return {
    ...common(ground, 'keyservice'),
    TWOFOLD_PORT: String(ground.ports.keyservice),
    TWOFOLD_ENVELOPE_PRIVATE_KEYS_FILE: ground.keys.keyservice.envelopePrivate,
    TWOFOLD_GRANT_SIGNING_KEYS_FILE: ground.keys.keyservice.grantSigning,
    TWOFOLD_TICKET_PUBLIC_KEYS_FILE: ground.keys.keyservice.ticketPublic,
    TWOFOLD_TICKET_ISSUER: urlOf(ground, 'console'),
    TWOFOLD_CLUSTER: development.cluster,
    TWOFOLD_AUDIT_FILE: join(ground.dir, 'logs', 'keyservice.audit'),
  };
}

export async function consoleEnv(ground: Ground, kubernetes: Cluster, issuer: string): Promise<Env> {
  const databaseUrlFile = join(ground.dir, 'database-url');
  const url = ground.options.database ?? `sqlite:${join(ground.dir, 'twofold.db')}`;
  writeFileSync(databaseUrlFile, url, { mode: 0o600 });
  const token = await writeToken(
    ground,
    kubernetes,
    'console',
    'system:serviceaccount:twofold-console:console',
  );
  return {
    ...common(ground, 'console'),
    ...kubernetesEnv(ground, kubernetes, token),
    ...launchersEnv(ground),
    TWOFOLD_PUBLIC_PORT: String(ground.ports.console),
    TWOFOLD_RESOLVE_PORT: String(ground.ports.consoleResolve),
    TWOFOLD_CLAIM_PORT: String(ground.ports.consoleClaim),
    TWOFOLD_PUBLIC_URL: urlOf(ground, 'console'),
    TWOFOLD_CLUSTER: development.cluster,
    TWOFOLD_DATABASE_URL_FILE: databaseUrlFile,
    TWOFOLD_SQLITE_ADDON: sqliteAddon,
    TWOFOLD_AT_REST_KEYS_FILE: ground.keys.console.atRest,
    TWOFOLD_COOKIE_KEYS_FILE: ground.keys.console.cookie,
    TWOFOLD_RECORD_KEYS_FILE: ground.keys.console.record,
    TWOFOLD_TICKET_KEYS_FILE: ground.keys.console.ticketSigning,
    TWOFOLD_ENVELOPE_KEYS_FILE: ground.keys.console.envelopePublic,
    TWOFOLD_GRANT_KEYS_FILE: ground.keys.console.grantPublic,
    TWOFOLD_OIDC_ISSUER: issuer,
    TWOFOLD_OIDC_AUDIENCE: development.audience,
    TWOFOLD_OIDC_CA_FILE: ground.caFile,
    TWOFOLD_OIDC_CLIENT_ID: development.webClient,
    TWOFOLD_OIDC_CLIENT_SECRET_FILE: ground.webClientSecretFile,
    TWOFOLD_ENV_ENABLED: 'true',
    TWOFOLD_RATE_LIMIT_PER_MINUTE: '1000000',
  };
}

export async function webhookEnv(ground: Ground, kubernetes: Cluster): Promise<Env> {
  return {
    ...common(ground, 'webhook'),
    ...kubernetesEnv(
      ground,
      kubernetes,
      await writeToken(ground, kubernetes, 'webhook', 'system:serviceaccount:twofold-webhook:webhook'),
    ),
    ...launchersEnv(ground),
    TWOFOLD_PORT: String(ground.ports.webhook),
    TWOFOLD_APISERVER_CLIENT_CA_FILE: ground.caFile,
    TWOFOLD_RESOLVE_URL: urlOf(ground, 'consoleResolve'),
    TWOFOLD_CLIENT_TLS_DIR_RESOLVE: join(ground.certificates, 'webhook-resolve'),
    TWOFOLD_KEYSERVICE_URL: urlOf(ground, 'keyservice'),
    TWOFOLD_CLIENT_TLS_DIR_KEYSERVICE: join(ground.certificates, 'webhook-unwrap'),
    TWOFOLD_CLAIM_URL: claimUrl(ground),
    TWOFOLD_INJECTOR_IMAGE: development.image,
    TWOFOLD_NAMESPACES: sessionNamespaces(ground),
    TWOFOLD_ENV_ENABLED: 'true',
    TWOFOLD_SWEEP_SECONDS: '1',
    TWOFOLD_AUDIT_FILE: join(ground.dir, 'logs', 'webhook.audit'),
  };
}

export function mutateUrl(ground: Ground): string {
  return `${urlOf(ground, 'webhook')}/mutate`;
}

export function claimUrl(ground: Ground): string {
  return urlOf(ground, 'consoleClaim') + '/internal/v1/claim';
}
