/**
 * A rendered overlay, and what a deployment has to know about it before anything is applied: which namespaces,
 * Secrets and images it relies on. Everything is read from what will be applied, so nothing is stated twice.
 * No zone; docs/design.md#operations.
 */
import type {
  V1Container,
  V1Deployment,
  V1EnvVar,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1Volume,
} from '@kubernetes/client-node';
import { parseNamespaces } from '#platform/namespaces.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';

export interface Reference {
  readonly namespace: string;
  readonly name: string;
}

export interface ProviderClass extends Reference {
  /** Names of the files that are read from it. */
  readonly objects: readonly string[];
}

export interface Claim extends Reference {
  /** Absent: the cluster's default; empty: none. */
  readonly storageClass: string | undefined;
}

export interface Rendering {
  readonly objects: readonly KubernetesObject[];
  /** Where sessions may be, as in `TWOFOLD_NAMESPACES`. */
  readonly sessionNamespaces: readonly string[];
  /** Secrets that the services mount. */
  readonly secrets: readonly Reference[];
  /** SecretProviderClasses of the Secrets Store CSI driver that they mount. */
  readonly providerClasses: readonly ProviderClass[];
  /** CSI drivers of the volumes in their pods. */
  readonly drivers: readonly string[];
  /** Claims for volumes that the overlay makes. */
  readonly claims: readonly Claim[];
  readonly deployments: readonly Reference[];
  readonly injectorImage: string;
  readonly injectorPullPolicy: string;
  /** Secrets in the session namespaces. */
  readonly injectorPullSecrets: readonly string[];
  readonly envEnabled: boolean;
  readonly publicUrl: string;
  /** Whether the console's keys that confer authority are in a Secret. */
  readonly consoleKeysInCluster: boolean;
  /** The keyservice's RSA key too: anyone who can read etcd and the database can read everything. */
  readonly allKeysInCluster: boolean;
}

const ENV_ENABLED = 'TWOFOLD_ENV_ENABLED';
const SERVICES = ['console', 'webhook', 'keyservice'];

function referenceOf(
  metadata: Pick<V1ObjectMeta, 'namespace' | 'name'> | undefined,
  name = metadata?.name,
): Reference {
  return {
    namespace: metadata?.namespace ?? '',
    name: name ?? '',
  };
}

export type Deployment = KubernetesObject & Pick<V1Deployment, 'metadata' | 'spec'>;

/** The services' Deployments among the objects; their schema is tested (manifests/schemas.test.ts). */
function isDeployment(object: KubernetesObject): object is Deployment {
  return (
    object.kind === 'Deployment' && SERVICES.some((name) => object.metadata?.namespace === `twofold-${name}`)
  );
}
export function deploymentsIn(objects: readonly KubernetesObject[]): Deployment[] {
  return objects.filter(isDeployment);
}

function containersOf(deployment: Deployment): readonly V1Container[] {
  return deployment.spec?.template.spec?.containers ?? [];
}

function volumesOf(deployment: Deployment): readonly V1Volume[] {
  return deployment.spec?.template.spec?.volumes ?? [];
}

function mountedSecrets(deployment: Deployment): Reference[] {
  return volumesOf(deployment).flatMap(({ secret }) =>
    secret?.secretName === undefined ? [] : [referenceOf(deployment.metadata, secret.secretName)],
  );
}

/** Files below the places where a volume is mounted, as variables name them. */
function filesIn(deployment: Deployment, volume: string): string[] {
  return containersOf(deployment).flatMap(({ env = [], volumeMounts = [] }) =>
    volumeMounts
      .filter(({ name }) => name === volume)
      .flatMap(({ mountPath }) =>
        env.flatMap(({ value = '' }) =>
          value.startsWith(`${mountPath}/`) ? [value.slice(mountPath.length + 1)] : [],
        ),
      ),
  );
}

function mountedClasses(deployment: Deployment): ProviderClass[] {
  return volumesOf(deployment).flatMap(({ name: volume, csi }) => {
    const name = csi?.volumeAttributes?.['secretProviderClass'];
    if (name === undefined) return [];
    const { namespace } = referenceOf(deployment.metadata);
    return [{ namespace, name, objects: filesIn(deployment, volume) }];
  });
}

function driversOf(deployment: Deployment): string[] {
  return volumesOf(deployment).flatMap(({ csi }) => csi?.driver ?? []);
}

function claimsIn(objects: readonly KubernetesObject[]): Claim[] {
  return objects
    .filter(({ kind }) => kind === 'PersistentVolumeClaim')
    .map((object) => {
      const { spec } = object as Pick<V1PersistentVolumeClaim, 'spec'>; // its schema is tested
      return { ...referenceOf(object.metadata), storageClass: spec?.storageClassName };
    });
}

function variablesIn(objects: readonly KubernetesObject[]): V1EnvVar[] {
  return deploymentsIn(objects)
    .flatMap(containersOf)
    .flatMap(({ env }) => env ?? []);
}

/** As the services read it: what they refuse, their pods would say only after a rollout. */
function sessionNamespaces(text: string): readonly string[] {
  const entries = parseNamespaces(text);
  if (entries) return entries;
  throw new DeployError(
    `namespaces in settings.yaml cannot be ${JSON.stringify(text)}`,
    'write names, patterns with one star at the end (jupyter-*) and twofold.dev/sessions=enabled, separated by commas, without spaces',
  );
}

/** Throws a DeployError for anything but an overlay of Twofold. */
export function readRendering(objects: readonly KubernetesObject[]): Rendering {
  const deployments = deploymentsIn(objects);
  const variables = variablesIn(objects);
  const value = (name: string): string => {
    const found = variables.find((variable) => variable.name === name)?.value;
    if (found === undefined || found === '')
      throw new DeployError(
        `the overlay does not set ${name}`,
        'build it on manifests/overlays/sqlite or postgres, with components/settings',
      );
    return found;
  };
  const secrets = deployments.flatMap(mountedSecrets);
  const inCluster = (name: string): boolean => secrets.some((secret) => secret.name === name);
  return {
    objects,
    sessionNamespaces: sessionNamespaces(value('TWOFOLD_NAMESPACES')),
    secrets,
    providerClasses: deployments.flatMap(mountedClasses),
    drivers: [...new Set(deployments.flatMap(driversOf))],
    claims: claimsIn(objects),
    deployments: deployments.map(({ metadata }) => referenceOf(metadata)),
    injectorImage: value('TWOFOLD_INJECTOR_IMAGE'),
    injectorPullPolicy: value('TWOFOLD_INJECTOR_PULL_POLICY'),
    injectorPullSecrets: variables
      .filter(({ name }) => name === 'TWOFOLD_INJECTOR_PULL_SECRETS')
      .flatMap(({ value: names = '' }) => names.split(','))
      .filter((name) => name !== ''),
    envEnabled: value(ENV_ENABLED) === 'true',
    publicUrl: value('TWOFOLD_PUBLIC_URL'),
    consoleKeysInCluster: inCluster('console-keys'),
    allKeysInCluster: inCluster('console-keys') && inCluster('keyservice-envelope'),
  };
}

/** The same with variables from secrets switched on or off, whatever settings.yaml says. */
export function withEnv(objects: readonly KubernetesObject[], enabled: boolean): KubernetesObject[] {
  const changed = structuredClone([...objects]);
  for (const variable of variablesIn(changed))
    if (variable.name === ENV_ENABLED) variable.value = String(enabled);
  return changed;
}

/** Values that are still the examples'; each must be set by a person. */
export function exampleValues({ objects }: Rendering): string[] {
  return variablesIn(objects).flatMap(({ name, value }) =>
    /^https:\/\/[^/]*\.example\.(org|com|net)(\/|$)/.test(value ?? '') ? [`${name} ${value ?? ''}`] : [],
  );
}
