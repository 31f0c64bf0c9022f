/** The webhook's settings, as data: the reference in the docs comes from here. Zone 2. */
import { kubernetesSettings } from '#platform/kubernetes.ts';
import { parseLaunchers, sharedLauncher } from '#platform/launchers.ts';
import { namespaceList } from '#platform/namespaces.ts';
import { serviceSettings } from '#platform/service.ts';
import {
  file,
  flag,
  httpsUrl,
  integer,
  list,
  oneOf,
  optional,
  outputPath,
  path,
  port,
  text,
  type Values,
} from '#platform/settings.ts';

export const webhookSettings = {
  ...serviceSettings,
  ...kubernetesSettings,
  port: port('TWOFOLD_PORT', { doc: 'HTTPS: `/mutate`.', fallback: '8443' }),
  tlsDir: path('TWOFOLD_TLS_DIR', {
    doc: 'Folder of the server certificate; its `ca.crt` is what init containers trust.',
    fallback: '/etc/twofold/tls',
  }),
  apiserverCaFile: optional(
    path('TWOFOLD_APISERVER_CLIENT_CA_FILE', {
      doc: 'Roots of the API server’s client certificate; when set, every review must come with one. Read again when the file changes.',
    }),
  ),
  apiserverName: text('TWOFOLD_APISERVER_CLIENT_NAME', {
    doc: 'Common name in that certificate.',
    fallback: 'apiserver-webhook',
  }),
  resolveUrl: httpsUrl('TWOFOLD_RESOLVE_URL', {
    doc: 'The console’s `resolve` port.',
    fallback: 'https://console.twofold-console.svc:8444',
  }),
  resolveTlsDir: path('TWOFOLD_CLIENT_TLS_DIR_RESOLVE', {
    doc: 'Folder of the client certificate for it.',
    fallback: '/etc/twofold/client-resolve',
  }),
  keyserviceUrl: httpsUrl('TWOFOLD_KEYSERVICE_URL', {
    doc: 'The keyservice.',
    fallback: 'https://keyservice.twofold-keyservice.svc:8443',
  }),
  keyserviceTlsDir: path('TWOFOLD_CLIENT_TLS_DIR_KEYSERVICE', {
    doc: 'Folder of the client certificate for it.',
    fallback: '/etc/twofold/client-keyservice',
  }),
  claimUrl: httpsUrl('TWOFOLD_CLAIM_URL', {
    doc: 'Where an init container claims its keys.',
    fallback: 'https://console.twofold-console.svc:8445/internal/v1/claim',
  }),
  image: text('TWOFOLD_INJECTOR_IMAGE', { doc: 'Image of the init container; preferably with a digest.' }),
  pullPolicy: oneOf('TWOFOLD_INJECTOR_PULL_POLICY', {
    doc: 'Its pull policy.',
    values: ['IfNotPresent', 'Always', 'Never'],
    fallback: 'IfNotPresent',
  }),
  seccompProfile: oneOf('TWOFOLD_INJECTOR_SECCOMP_PROFILE', {
    doc: 'Its seccomp profile. `none` sets none, where the cluster refuses pods that set one ([neighbours.md](neighbours.md#openshift)).',
    values: ['RuntimeDefault', 'none'],
    fallback: 'RuntimeDefault',
  }),
  pullSecrets: list('TWOFOLD_INJECTOR_PULL_SECRETS', {
    doc: 'Secrets with which nodes pull it, added to the `imagePullSecrets` of each session pod. Each must exist in every session namespace.',
    // Never a session's own Secret, which the guard refuses there.
    pattern: /^(?!twofold-[0-9a-f]{32}$)[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/,
    fallback: '',
  }),
  namespaces: namespaceList(
    'TWOFOLD_NAMESPACES',
    'Namespaces where sessions may have secrets: names, patterns (`jupyter-*`), `twofold.dev/sessions=enabled`. The console and the guard have the same list.',
  ),
  envEnabled: flag('TWOFOLD_ENV_ENABLED', {
    doc: 'Whether `twofold.dev/env` is allowed: needs Kubernetes 1.35 on every node.',
    fallback: 'false',
  }),
  launchers: optional(
    file('TWOFOLD_LAUNCHERS_FILE', {
      doc: 'Trusted launchers; the console reads the same file.',
      kind: 'a launchers document',
      parse: parseLaunchers,
    }),
  ),
  graceSeconds: integer('TWOFOLD_GRACE_SECONDS', {
    doc: 'How long a session’s Secret waits for its pod to appear.',
    fallback: '120',
    min: 1,
    max: 3600,
  }),
  sweepSeconds: integer('TWOFOLD_SWEEP_SECONDS', {
    doc: 'How often the janitor checks sessions’ Leases.',
    fallback: '10',
    min: 1,
    max: 600,
  }),
  leaseNamespace: text('TWOFOLD_LEASE_NAMESPACE', {
    doc: 'Namespace in which the replicas’ janitors elect one.',
    fallback: 'twofold-webhook',
  }),
  auditFile: outputPath('TWOFOLD_AUDIT_FILE', {
    doc: 'Audit records as JSON lines; `-` is standard output.',
    fallback: '-',
  }),
} as const;

/** What no setting can check alone: that launchers' accounts live apart from sessions. */
export function contradictionsOf({
  launchers,
  namespaces,
}: Pick<Values<typeof webhookSettings>, 'launchers' | 'namespaces'>): readonly string[] {
  const shared = sharedLauncher(launchers ?? [], namespaces);
  return shared === undefined ? [] : [`TWOFOLD_LAUNCHERS_FILE and TWOFOLD_NAMESPACES: ${shared}`];
}
