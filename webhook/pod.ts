/**
 * The parts of a pod that the webhook reads, checked at the edge: a review's body is unverified. Zone 2.
 * The whole pod stays JSON: what is not read here is neither judged nor changed.
 */
import { isJsonObject, type JsonObject } from '#envelope/json.ts';

export interface ResourceList {
  readonly [resource: string]: string | number;
}

export interface Resources {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

export interface Container {
  readonly name: string;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  /** Paths where something is mounted, volumes and devices alike. */
  readonly mountPaths: readonly string[];
  readonly variables: readonly string[];
  readonly resources: Resources;
  /** A native sidecar: an init container that keeps running. */
  readonly restartable: boolean;
  readonly hasMounts: boolean;
  readonly hasEnv: boolean;
  readonly privileged: boolean;
}

interface Volume {
  readonly name: string;
  /** The path on the node that it exposes. */
  readonly hostPath: string | undefined;
  /** Audiences of projected service-account tokens. */
  readonly audiences: readonly string[];
}

export interface Pod {
  readonly name: string | undefined;
  readonly generateName: string | undefined;
  readonly namespace: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly serviceAccount: string;
  readonly windows: boolean;
  readonly runAsUser: number | undefined;
  readonly fsGroup: number | undefined;
  /** Pod-level resources (Kubernetes 1.32 and later). */
  readonly resources: Resources | undefined;
  readonly containers: readonly Container[];
  /** Undefined where the pod has no such list: a patch must then add it. */
  readonly initContainers: readonly Container[] | undefined;
  readonly volumes: readonly Volume[] | undefined;
  /** Names of sessions' Secrets, wherever volumes, variables or pull secrets have them. */
  readonly sessionSecrets: readonly string[];
  /** Undefined where the pod has no such list. */
  readonly pullSecrets: readonly string[] | undefined;
  readonly shareProcessNamespace: boolean;
  readonly hostPID: boolean;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: string;
  /** Search domains of its own. */
  readonly searches: readonly string[];
}

const SESSION_SECRET = /^twofold-[0-9a-f]{32}$/;

/** Says where a pod's JSON is not what the Kubernetes API would have sent. */
export class PodShapeError extends Error {}

function wrong(where: string, expected: string): never {
  throw new PodShapeError(`${where} is not ${expected}`);
}

function objectAt(parent: JsonObject, key: string, where: string): JsonObject | undefined {
  const value = parent[key] ?? undefined;
  return value === undefined || isJsonObject(value) ? value : wrong(`${where}.${key}`, 'an object');
}

function listAt(parent: JsonObject, key: string, where: string): readonly JsonObject[] | undefined {
  const value = parent[key] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return wrong(`${where}.${key}`, 'a list');
  return value.map((item: unknown, at) =>
    isJsonObject(item) ? item : wrong(`${where}.${key}[${at}]`, 'an object'),
  );
}

function textAt(parent: JsonObject, key: string, where: string): string | undefined {
  const value = parent[key] ?? undefined;
  return value === undefined || typeof value === 'string' ? value : wrong(`${where}.${key}`, 'text');
}

function numberAt(parent: JsonObject | undefined, key: string, where: string): number | undefined {
  const value = parent?.[key] ?? undefined;
  return value === undefined || Number.isSafeInteger(value)
    ? (value as undefined | number)
    : wrong(`${where}.${key}`, 'a whole number');
}

function namesAt(parent: JsonObject, key: string, member: string, where: string): string[] {
  return (listAt(parent, key, where) ?? []).flatMap((item) => textAt(item, member, where) ?? []);
}

function textsAt(parent: JsonObject | undefined, key: string, where: string): readonly string[] {
  const value = parent?.[key] ?? [];
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value
    : wrong(`${where}.${key}`, 'a list of texts');
}

function mapAt(parent: JsonObject, key: string, where: string): Record<string, string> | undefined {
  const map = objectAt(parent, key, where);
  if (!map) return undefined;
  const texts = Object.keys(map).map((name) => [name, textAt(map, name, `${where}.${key}`) ?? ''] as const);
  return Object.fromEntries(texts);
}

function quantitiesAt(parent: JsonObject | undefined, key: string, where: string): ResourceList {
  const map = parent && objectAt(parent, key, where);
  if (!map) return {};
  const amounts = Object.entries(map).map(([name, value]) =>
    typeof value === 'string' || typeof value === 'number'
      ? ([name, value] as const)
      : wrong(`${where}.${key}.${name}`, 'a quantity'),
  );
  return Object.fromEntries(amounts);
}

function parseResources(parent: JsonObject | undefined, where: string): Resources {
  return {
    requests: quantitiesAt(parent, 'requests', where),
    limits: quantitiesAt(parent, 'limits', where),
  };
}

function parseContainer(container: JsonObject, where: string): Container {
  const security = objectAt(container, 'securityContext', where);
  return {
    name: textAt(container, 'name', where) ?? wrong(`${where}.name`, 'set'),
    runAsUser: numberAt(security, 'runAsUser', where),
    runAsGroup: numberAt(security, 'runAsGroup', where),
    mountPaths: [
      ...namesAt(container, 'volumeMounts', 'mountPath', where),
      ...namesAt(container, 'volumeDevices', 'devicePath', where),
    ],
    variables: namesAt(container, 'env', 'name', where),
    resources: parseResources(objectAt(container, 'resources', where), `${where}.resources`),
    restartable: textAt(container, 'restartPolicy', where) === 'Always',
    hasMounts: Array.isArray(container['volumeMounts']),
    hasEnv: Array.isArray(container['env']),
    privileged: security?.['privileged'] === true,
  };
}

function parseVolume(volume: JsonObject, where: string): Volume {
  const projected = objectAt(volume, 'projected', where);
  const sources = (projected && listAt(projected, 'sources', where)) ?? [];
  const hostPath = objectAt(volume, 'hostPath', where);
  return {
    name: textAt(volume, 'name', where) ?? wrong(`${where}.name`, 'set'),
    hostPath: hostPath && textAt(hostPath, 'path', where),
    audiences: sources.flatMap((source) => {
      const token = objectAt(source, 'serviceAccountToken', where);
      return (token && textAt(token, 'audience', where)) ?? [];
    }),
  };
}

function parseContainers(spec: JsonObject, key: string): readonly Container[] | undefined {
  return listAt(spec, key, 'spec')?.map((container, at) => parseContainer(container, `spec.${key}[${at}]`));
}

/** The strings in a JSON value, at any depth, that are names of sessions' Secrets. */
function sessionSecretsIn(root: unknown): readonly string[] {
  const found = new Set<string>();
  for (const waiting = [root]; waiting.length > 0;) {
    const value = waiting.pop();
    if (typeof value === 'string' && SESSION_SECRET.test(value)) found.add(value);
    else if (typeof value === 'object' && value !== null)
      for (const item of Object.values(value)) waiting.push(item);
  }
  return [...found];
}

/** The parts of a spec that can name a Secret; a variable's plain value does not. */
function namingParts(spec: JsonObject): unknown {
  return [
    spec['volumes'],
    spec['imagePullSecrets'],
    ...['containers', 'initContainers'].flatMap((key) =>
      (listAt(spec, key, 'spec') ?? []).map((container) => [
        container['envFrom'],
        listAt(container, 'env', `spec.${key}`)?.map(({ valueFrom }) => valueFrom),
      ]),
    ),
  ];
}

/** Throws a PodShapeError for anything that is not a v1 Pod in the parts that are read. */
export function parsePod(value: unknown): Pod {
  if (!isJsonObject(value)) return wrong('object', 'a pod');
  const metadata = objectAt(value, 'metadata', 'object') ?? wrong('metadata', 'set');
  const spec = objectAt(value, 'spec', 'object') ?? wrong('spec', 'set');
  const security = objectAt(spec, 'securityContext', 'spec');
  const resources = objectAt(spec, 'resources', 'spec');
  const os = objectAt(spec, 'os', 'spec');
  const containers = parseContainers(spec, 'containers') ?? [];
  return {
    name: textAt(metadata, 'name', 'metadata'),
    generateName: textAt(metadata, 'generateName', 'metadata'),
    namespace: textAt(metadata, 'namespace', 'metadata'),
    annotations: mapAt(metadata, 'annotations', 'metadata') ?? {},
    labels: mapAt(metadata, 'labels', 'metadata'),
    serviceAccount: textAt(spec, 'serviceAccountName', 'spec') || 'default',
    windows:
      (os && textAt(os, 'name', 'spec.os')) === 'windows' ||
      mapAt(spec, 'nodeSelector', 'spec')?.['kubernetes.io/os'] === 'windows',
    runAsUser: numberAt(security, 'runAsUser', 'spec.securityContext'),
    fsGroup: numberAt(security, 'fsGroup', 'spec.securityContext'),
    resources: resources && parseResources(resources, 'spec.resources'),
    containers: containers.length > 0 ? containers : wrong('spec.containers', 'a list of at least one'),
    initContainers: parseContainers(spec, 'initContainers'),
    sessionSecrets: sessionSecretsIn(namingParts(spec)),
    pullSecrets: listAt(spec, 'imagePullSecrets', 'spec')?.flatMap(
      (secret) => textAt(secret, 'name', 'spec.imagePullSecrets') ?? [],
    ),
    shareProcessNamespace: spec['shareProcessNamespace'] === true,
    hostPID: spec['hostPID'] === true,
    hostNetwork: spec['hostNetwork'] === true,
    dnsPolicy: textAt(spec, 'dnsPolicy', 'spec') || 'ClusterFirst',
    searches: textsAt(objectAt(spec, 'dnsConfig', 'spec'), 'searches', 'spec.dnsConfig'),
    volumes: listAt(spec, 'volumes', 'spec')?.map((volume, at) => parseVolume(volume, `spec.volumes[${at}]`)),
  };
}
