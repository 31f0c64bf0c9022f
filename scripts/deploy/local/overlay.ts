/**
 * The overlay of the local cluster, as files on top of manifests/overlays/sqlite or postgres: what an operator would write,
 * but for a local cluster. All keys are in it, and services log at level debug: for demonstration and tests.
 * Pure. No zone; manifests/README.md says what each part is.
 */
import { posix } from 'node:path';
import { guardLines, type Launcher } from '#platform/launchers.ts';
import { stringify } from 'yaml';

export const NODE_ADDRESS = '192.0.2.10';
export const ISSUER_PORT = 8444;
export const DATABASE_PORT = 5432;
const API_PORT = 6443;
/** Holds the roots of what stands outside the cluster: identity provider, PostgreSQL. */
const OUTSIDE_CA = 'outside-ca';
/** Service names resolve on the node too, so people reach the console as pods do. */
export const PUBLIC_URL = 'https://console.twofold-console.svc:8443';
/** The page's ConfigMap and Secret (manifests/components/page), and its client at the identity provider. */
export const PAGE = 'twofold-page';

/** The launcher's account, which lives where no session may be: anyone who can create pods there is the launcher. */
export const launcherAccount = { namespace: 'hub', name: 'hub' } as const;
/** Who starts pods for others in `hub-sessions`, and how it names them: KubeSpawner's way. */
export const launcher = {
  username: `system:serviceaccount:${launcherAccount.namespace}:${launcherAccount.name}`,
  namespace: 'hub-sessions',
  annotation: 'hub.jupyter.org/username',
  claim: 'preferred_username',
} as const;

type Service = 'console' | 'webhook' | 'keyservice';

export interface LocalOverlay {
  /** Path from the overlay's folder to manifests/. */
  readonly manifests: string;
  readonly database: 'sqlite' | 'postgres';
  /** `name:tag` of each. */
  readonly images: Readonly<Record<Service | 'injector', string>>;
  /** Tells an image from an older one of the same name; a change rolls out its service. */
  readonly imageIds: Readonly<Record<Service, string>>;
  /** Namespaces for sessions; `sessions` is always among them. */
  readonly namespaces: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  readonly cluster: string;
  readonly publicUrl: string;
  /** PEM: roots of the identity provider and of PostgreSQL. */
  readonly outsideCa: string;
  readonly envEnabled: boolean;
}

const services: readonly Service[] = ['console', 'webhook', 'keyservice'];
function namespaceOf(service: Service): string {
  return `twofold-${service}`;
}
const labels = { 'app.kubernetes.io/part-of': 'twofold' };

function settings(overlay: LocalOverlay): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'twofold-settings' },
    data: {
      publicUrl: overlay.publicUrl,
      cluster: overlay.cluster,
      oidcIssuer: overlay.issuer,
      oidcAudience: overlay.audience,
      namespaces: overlay.namespaces.join(','),
      injectorImage: overlay.images.injector,
      injectorPullPolicy: 'Never',
      envEnabled: String(overlay.envEnabled),
      launchers: guardLines([trustedLauncher()]).join('\n'),
    },
  };
}

function trustedLauncher(): Launcher {
  const { namespace, ...rest } = launcher;
  return { ...rest, namespaces: [namespace], loginWithinDays: 30 };
}
const launchersFile = JSON.stringify({ launchers: [trustedLauncher()] });

function configMap(namespace: string, name: string, data: Readonly<Record<string, string>>): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  };
}

function networkPolicy(service: Service, name: string, spec: object): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: namespaceOf(service) },
    spec,
  };
}
const node = { ipBlock: { cidr: `${NODE_ADDRESS}/32` } };
/** The local CoreDNS runs without rights, so its pods listen above 1024, as OpenShift's do. */
export const DNS_PORT = 1053;
function dns(): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'twofold-dns' },
    spec: {
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { port: DNS_PORT, protocol: 'UDP' },
            { port: DNS_PORT, protocol: 'TCP' },
          ],
        },
      ],
    },
  };
}
function toNode(port: number): object {
  return { egress: [{ to: [node], ports: [{ port }] }] };
}

function addresses({ database }: LocalOverlay): object[] {
  return [
    networkPolicy('console', 'console-to-kubernetes-api', toNode(API_PORT)),
    networkPolicy('console', 'console-to-identity-provider', toNode(ISSUER_PORT)),
    networkPolicy('webhook', 'webhook-from-kubernetes-api', {
      ingress: [{ from: [node], ports: [{ port: 8443 }] }],
    }),
    networkPolicy('webhook', 'webhook-to-kubernetes-api', toNode(API_PORT)),
    ...(database === 'postgres'
      ? [networkPolicy('console', 'console-to-database', toNode(DATABASE_PORT))]
      : []),
  ];
}

const variables: Readonly<Record<Service, readonly object[]>> = {
  console: [
    { name: 'TWOFOLD_LOG_LEVEL', value: 'debug' },
    { name: 'TWOFOLD_OIDC_CA_FILE', value: `/etc/twofold/${OUTSIDE_CA}/ca.crt` },
    // Tests are few people who send many requests.
    { name: 'TWOFOLD_RATE_LIMIT_PER_MINUTE', value: '100000' },
  ],
  webhook: [
    { name: 'TWOFOLD_LOG_LEVEL', value: 'debug' },
    // Tests wait for leftovers to be swept.
    { name: 'TWOFOLD_GRACE_SECONDS', value: '20' },
    { name: 'TWOFOLD_SWEEP_SECONDS', value: '5' },
  ],
  keyservice: [{ name: 'TWOFOLD_LOG_LEVEL', value: 'debug' }],
};

function deployment(service: Service, { imageIds }: LocalOverlay): object {
  const mount = { name: OUTSIDE_CA, mountPath: `/etc/twofold/${OUTSIDE_CA}`, readOnly: true };
  const outside = service === 'console';
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service, namespace: namespaceOf(service) },
    spec: {
      template: {
        metadata: { annotations: { 'image-id': imageIds[service] } },
        spec: {
          containers: [
            {
              name: service,
              imagePullPolicy: 'Never',
              env: variables[service],
              ...(outside && { volumeMounts: [mount] }),
            },
          ],
          ...(outside && { volumes: [{ name: OUTSIDE_CA, configMap: { name: OUTSIDE_CA } }] }),
        },
      },
    },
  };
}

function image(service: Service, name: string): object {
  const at = name.lastIndexOf(':');
  return { name: `twofold-${service}`, newName: name.slice(0, at), newTag: name.slice(at + 1) };
}

function sessionNamespace(name: string, manifests: string): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: name,
    components: [posix.join('../..', manifests, 'components/session-namespace')],
  };
}

function kustomization(overlay: LocalOverlay): object {
  const component = (name: string): string => posix.join(overlay.manifests, 'components', name);
  const others = overlay.namespaces.filter((name) => name !== 'sessions');
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [
      posix.join(overlay.manifests, 'overlays', overlay.database),
      'resources.yaml',
      ...others.map((name) => `sessions/${name}`),
    ],
    components: ['settings', ...['settings', 'launchers', 'keys-in-cluster', 'page'].map(component)],
    patches: [{ path: 'patches.yaml' }],
    images: services.map((name) => image(name, overlay.images[name])),
  };
}

function documents(objects: readonly object[]): string {
  return objects.map((each) => stringify(each)).join('---\n');
}

/** Text of each file by its path in the overlay's folder. */
export function localOverlay(overlay: LocalOverlay): Readonly<Record<string, string>> {
  return {
    'kustomization.yaml': `# Generated by make deploy, for the local cluster only: every key is in it. Changes are lost.\n${stringify(kustomization(overlay))}`,
    'settings/kustomization.yaml': stringify({
      apiVersion: 'kustomize.config.k8s.io/v1alpha1',
      kind: 'Component',
      patches: [{ path: 'settings.yaml' }, { path: 'dns.yaml' }],
    }),
    'settings/settings.yaml': stringify(settings(overlay)),
    'settings/dns.yaml': stringify(dns()),
    'resources.yaml': documents([
      configMap('twofold-console', OUTSIDE_CA, { 'ca.crt': overlay.outsideCa }),
      // No launcher's page may embed the console's: the local hub has no https.
      configMap('twofold-console', PAGE, { clientId: PAGE, launcherOrigins: '' }),
      configMap('twofold-console', 'twofold-launchers', { 'launchers.json': launchersFile }),
      configMap('twofold-webhook', 'twofold-launchers', { 'launchers.json': launchersFile }),
    ]),
    'patches.yaml': documents([
      ...addresses(overlay),
      ...services.map((service) => deployment(service, overlay)),
    ]),
    ...Object.fromEntries(
      overlay.namespaces
        .filter((name) => name !== 'sessions')
        .map((name) => [
          `sessions/${name}/kustomization.yaml`,
          stringify(sessionNamespace(name, overlay.manifests)),
        ]),
    ),
  };
}
