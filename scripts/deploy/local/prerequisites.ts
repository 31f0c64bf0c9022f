/**
 * The local cluster's side of a deployment: what an operator would have prepared (namespaces for sessions, volume,
 * identity provider, database), the generated overlay, and a file that records where everything is. Development tool, no zone.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { KubernetesObject } from '../../../manifests/kubernetes-object.ts';
import { DeployError } from '../failure.ts';
import type { Kubectl } from '../kubectl.ts';
import { sqliteOnNode, writeEndpoints } from './endpoints.ts';
import {
  AUDIENCE,
  ensureIdentityProvider,
  ensureOutsideCertificates,
  ensurePageSecret,
  issuer,
  stopIdentityProvider,
} from './outside.ts';
import { launcher, launcherAccount, localOverlay, PAGE, PUBLIC_URL, type LocalOverlay } from './overlay.ts';
import { ensurePostgres, removePostgres, type Database } from './postgres.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'mallory'];
/** Without Pod Security: launchers bring init containers and sidecars that need rights. */
const LAUNCHERS = 'launchers';
/** The last five are each for scenarios that count their contents or close their network. */
const SESSION_NAMESPACES = [
  'sessions',
  launcher.namespace,
  LAUNCHERS,
  'e2e-attackers',
  'e2e-refusals',
  'e2e-rejected',
  'e2e-webhooks',
  'e2e-network',
];
const ZONES = { console: 'twofold-console', webhook: 'twofold-webhook', keyservice: 'twofold-keyservice' };
const CLUSTER = 'local';

interface LocalOptions {
  readonly repository: string;
  /** The cluster's state folder. */
  readonly state: string;
  readonly database: 'sqlite' | 'postgres';
  /** More namespaces for sessions. */
  readonly namespaces: readonly string[];
}

interface Prerequisites {
  readonly overlay: string;
  readonly certificates: string;
  readonly bearers: Readonly<Record<string, string>>;
  readonly publicUrl: string;
  /** What the services mount and deploy does not create. */
  readonly secrets: readonly KubernetesObject[];
  readonly writeEndpoints: (envEnabled: boolean) => Promise<void>;
}

type Images = Pick<LocalOverlay, 'images' | 'imageIds'>;

/** The images on the node: scripts/deploy/run loaded what `make images` built, with its list. */
function loadedImages(state: string): Images {
  const file = join(state, 'images.json');
  if (!existsSync(file)) throw new DeployError('there are no images yet', 'make images');
  // Written by scripts/images/main.ts.
  const built = JSON.parse(readFileSync(file, 'utf8')) as { service: string; name: string; id: string }[];
  const one = (part: string): { name: string; id: string } => {
    const found = built.find(({ service }) => service === part);
    if (found === undefined) throw new DeployError(`there is no image of the ${part}`, 'make images');
    return found;
  };
  const [twofoldConsole, webhook, keyservice] = [one('console'), one('webhook'), one('keyservice')];
  return {
    images: {
      console: twofoldConsole.name,
      webhook: webhook.name,
      keyservice: keyservice.name,
      injector: one('injector').name,
    },
    imageIds: { console: twofoldConsole.id, webhook: webhook.id, keyservice: keyservice.id },
  };
}

/** The launcher's own: not a namespace for sessions. */
const launcherHome = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: launcherAccount.namespace } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...launcherAccount } },
];

function sessionNamespace(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'pod-security.kubernetes.io/enforce': name === LAUNCHERS ? 'privileged' : 'restricted' },
    },
  };
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function consoleSecret(name: string, stringData: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: ZONES.console },
    stringData,
  };
}

function databaseSecret(database: Database, caFile: string) {
  return consoleSecret('console-database', {
    url: database.inCluster,
    'ca.crt': readFileSync(caFile, 'utf8'),
  });
}

/** Stops the programs and removes everything prepared here; the cluster's objects are already gone. */
export async function removePrerequisites(state: string): Promise<void> {
  await stopIdentityProvider(join(state, 'outside'));
  await removePostgres();
  for (const name of ['outside', 'overlay', 'certificates', 'endpoints.json'])
    rmSync(join(state, name), { recursive: true, force: true });
}

/** Prepares everything; the overlay's folder is then like an operator's. */
export async function prepare(kubectl: Kubectl, options: LocalOptions): Promise<Prerequisites> {
  const { repository, state } = options;
  const outside = join(state, 'outside');
  const overlay = join(state, 'overlay');
  const certificates = join(state, 'certificates');
  const sessionNamespaces = [...new Set([...SESSION_NAMESPACES, ...options.namespaces])];
  const built = loadedImages(state);
  const outsideCa = await ensureOutsideCertificates(outside);
  const pageSecret = ensurePageSecret(outside);
  const bearers = await ensureIdentityProvider(outside, PEOPLE);
  writeFiles(
    overlay,
    localOverlay({
      manifests: relative(overlay, join(repository, 'manifests')),
      ...built,
      database: options.database,
      namespaces: sessionNamespaces,
      issuer,
      audience: AUDIENCE,
      cluster: CLUSTER,
      publicUrl: PUBLIC_URL,
      envEnabled: true,
      outsideCa: readFileSync(outsideCa, 'utf8'),
    }),
  );
  // The operator's own: not removed with the overlay's objects.
  await kubectl.apply([...sessionNamespaces.map(sessionNamespace), ...launcherHome], 'operator');
  const postgres =
    options.database === 'postgres'
      ? await ensurePostgres({ tlsDir: join(outside, 'postgres'), caFile: outsideCa })
      : undefined;
  return {
    overlay,
    certificates,
    bearers,
    publicUrl: PUBLIC_URL,
    secrets: [
      consoleSecret(PAGE, { 'client-secret': pageSecret }),
      ...(postgres ? [databaseSecret(postgres, outsideCa)] : []),
    ],
    writeEndpoints: async (env) => {
      writeEndpoints(join(state, 'endpoints.json'), {
        console: PUBLIC_URL,
        ca: join(certificates, 'console', 'ca.crt'),
        issuer,
        issuerCa: outsideCa,
        audience: AUDIENCE,
        cluster: CLUSTER,
        bearers,
        images: built.images,
        env,
        certificates,
        overlay,
        namespaces: { sessions: sessionNamespaces, ...ZONES },
        launcher: { ...launcher, account: launcherAccount },
        database: postgres ? { kind: 'postgres', url: postgres.url } : await sqliteOnNode(kubectl),
      });
    },
  };
}
