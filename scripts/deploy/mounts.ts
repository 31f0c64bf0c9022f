/**
 * What the services mount and only the operator can provide: Secrets, the vault's driver and classes, and storage for a
 * volume. All of it is checked before anything is changed. No zone.
 */
import type { V1PersistentVolume, V1StorageClass } from '@kubernetes/client-node';
import { DeployError } from './failure.ts';
import { existingSecrets } from './keys.ts';
import type { Kubectl } from './kubectl.ts';
import type { Claim, ProviderClass, Reference, Rendering } from './rendering.ts';

interface Problem {
  readonly what: string;
  readonly next: string;
  /** Where the operator has to create something. */
  readonly namespaces?: readonly string[];
}

function isIn(references: readonly Reference[]) {
  return ({ namespace, name }: Reference): boolean =>
    references.some((one) => one.namespace === namespace && one.name === name);
}

async function missingSecrets(
  kubectl: Kubectl,
  { secrets }: Rendering,
  made: readonly Reference[],
): Promise<readonly Problem[]> {
  const isThere = isIn([...(await existingSecrets(kubectl, secrets)), ...made]);
  const missing = secrets.filter((secret) => !isThere(secret));
  if (missing.length === 0) return [];
  const names = missing.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  return [
    {
      what: `Secrets are missing: ${names}`,
      next: 'create them as the table in manifests/README.md says',
      namespaces: missing.map(({ namespace }) => namespace),
    },
  ];
}

/** Volumes of a driver are only mounted where its CSIDriver object says that they may be part of a pod. */
async function missingDriver(kubectl: Kubectl, driver: string): Promise<readonly Problem[]> {
  if ((await kubectl.find(['csidriver', driver])) !== undefined) return [];
  return [
    {
      what: `the cluster has no CSI driver ${driver}, which the overlay mounts keys with`,
      next: 'install it with your vault’s provider (manifests/README.md); or, for a demonstration only, add components/keys-in-cluster',
    },
  ];
}

/** A class of secrets-store.csi.x-k8s.io, the part that is checked: the rest is the vault's. */
interface ClassObject {
  readonly spec?: { readonly secretObjects?: readonly unknown[] };
}

/** The driver writes `secretObjects` as Secrets, so what the mount keeps out of etcd would end up there after all. */
function copies({ spec }: ClassObject, { namespace, name }: Reference): readonly Problem[] {
  if ((spec?.secretObjects ?? []).length === 0) return [];
  return [
    {
      what: `the SecretProviderClass ${name} in ${namespace} has secretObjects: it copies keys into Secrets, and thus into etcd`,
      next: 'remove secretObjects from it, and the Secrets it created',
    },
  ];
}

async function wrongClass(
  kubectl: Kubectl,
  { objects: rendered }: Rendering,
  { namespace, name, objects }: ProviderClass,
): Promise<readonly Problem[]> {
  const own = rendered.find(
    ({ kind, metadata }) =>
      kind === 'SecretProviderClass' && metadata?.namespace === namespace && metadata.name === name,
  );
  // Its kind is the driver's.
  if (own) return copies(own as ClassObject, { namespace, name });
  const asked = ['get', 'secretproviderclass', name, '-n', namespace, '-o', 'json'];
  const { code, stdout, stderr } = await kubectl.attempt(asked);
  if (code === 0) return copies(JSON.parse(stdout) as ClassObject, { namespace, name });
  return [
    {
      what: `the SecretProviderClass ${name} in ${namespace} cannot be found: ${stderr}`,
      next: `create your vault’s class with the objects ${objects.join(', ')} (manifests/README.md)`,
      namespaces: [namespace],
    },
  ];
}

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

async function missingStorage(
  kubectl: Kubectl,
  { namespace, name, storageClass }: Claim,
): Promise<readonly Problem[]> {
  if (storageClass === '') return [];
  if ((await kubectl.find(['persistentvolumeclaim', name, '-n', namespace])) !== undefined) return [];
  const classes = await kubectl.list<V1StorageClass>(['storageclasses']);
  const isFit = ({ metadata }: V1StorageClass): boolean =>
    storageClass === undefined
      ? metadata?.annotations?.[DEFAULT_CLASS] === 'true'
      : metadata?.name === storageClass;
  if (classes.some(isFit)) return [];
  // An administrator may have made a volume by hand, of a class that is only a name, or of none.
  const volumes = await kubectl.list<V1PersistentVolume>(['persistentvolumes']);
  if (volumes.some(({ spec }) => (spec?.storageClassName ?? '') === (storageClass ?? ''))) return [];
  const names = classes.map(({ metadata }) => metadata?.name ?? '').join(', ');
  return [
    {
      what:
        storageClass === undefined
          ? `the cluster has no default StorageClass, and the claim ${name} names none: the database would get no volume`
          : `the cluster has no StorageClass ${storageClass}, which the claim ${name} names: the database would get no volume`,
      next: `name one of its classes as storageClassName of ${name} (it has ${names || 'none'}); or use overlays/postgres`,
    },
  ];
}

/** The services' own namespaces do not exist before the first deployment. */
async function missingNamespaces(kubectl: Kubectl, problems: readonly Problem[]): Promise<readonly string[]> {
  const names = [...new Set(problems.flatMap(({ namespaces = [] }) => namespaces))];
  const found = await Promise.all(names.map((name) => kubectl.find(['namespace', name])));
  return names.filter((_, at) => found[at] === undefined);
}

/**
 * Rejects with a DeployError that names everything missing, and each class that would put keys into etcd. `made`
 * are the Secrets that this deployment makes.
 */
export async function assertMounts(
  kubectl: Kubectl,
  rendering: Rendering,
  made: readonly Reference[],
): Promise<void> {
  const problems = [
    ...(await missingSecrets(kubectl, rendering, made)),
    ...(await Promise.all(rendering.drivers.map((driver) => missingDriver(kubectl, driver)))).flat(),
    ...(
      await Promise.all(rendering.providerClasses.map((each) => wrongClass(kubectl, rendering, each)))
    ).flat(),
    ...(await Promise.all(rendering.claims.map((claim) => missingStorage(kubectl, claim)))).flat(),
  ];
  if (problems.length === 0) return;
  const first = (await missingNamespaces(kubectl, problems)).map(
    (name) => `kubectl create namespace ${name}`,
  );
  const last = 'then deploy again: nothing has been changed yet';
  throw new DeployError(
    problems.map(({ what }) => what).join('\n'),
    [...first, ...problems.map(({ next }) => next), last].join('; '),
  );
}
