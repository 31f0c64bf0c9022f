/**
 * What a session adds to its pod. Zone 2, pure; docs/design.md#pod. It contains nothing secret: the API server writes
 * patches into its audit log.
 */
import { encodeInitValues } from '#envelope/annotation-values.ts';
import { sessionAudience, sessionObjectName } from '#envelope/annotations.ts';
import { countFolders } from '#envelope/selection.ts';
import type { Plan } from './plan.ts';
import type { Resources } from './pod.ts';
import { ENV_FILE, INIT_CONTAINER, initMounts, volumes } from './session-objects.ts';

export interface RenderConfig {
  readonly image: string;
  readonly pullPolicy: string;
  /** Names of Secrets in the pod's namespace. */
  readonly pullSecrets: readonly string[];
  readonly claimUrl: string;
  /** `none` leaves it out: the pod's own applies, or the cluster allows none to be set. */
  readonly seccompProfile: 'RuntimeDefault' | 'none';
}

/** What the plan cannot know. In a dry run: zeros, and the same sizes. */
export interface Session {
  readonly sid: string;
  readonly grantSha256: string;
  readonly caSha256: string;
  /** Plaintext bytes of each selected secret, by name. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The init container's. */
  readonly resources: Resources;
}

export type Json = Readonly<Record<string, unknown>>;

/** For one container: what is appended to its mounts and its variables. */
export interface ContainerAddition {
  readonly at: number;
  readonly mounts: readonly Json[];
  readonly env: readonly Json[];
}

export interface Additions {
  readonly sid: string;
  /** Set on the pod, in place of what stands there. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly volumes: readonly Json[];
  /** Named by the pod once, whether or not it names them itself. */
  readonly pullSecrets: readonly string[];
  readonly initContainer: Json;
  readonly containers: readonly ContainerAddition[];
  /** Indices before Twofold's is inserted at the front. */
  readonly initContainers: readonly ContainerAddition[];
}

/** The largest page that a Linux node has: a file in memory takes whole pages. It is a limit, and takes nothing by itself. */
const PAGE_BYTES = 64 * 1024;
/** Permission bits of projected files: only the init container mounts these volumes, whatever its uid. */
const READABLE = 0o444;
function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** Each file rounded up to whole pages, and one per folder. */
export function filesBytes({ files }: Plan, sizes: Session['sizes']): number {
  const folders = 1 + countFolders(files.map(({ path }) => path));
  const content = files.reduce((sum, { name }) => sum + pages(sizes.get(name) ?? 0), 0);
  return content + folders * PAGE_BYTES;
}

/** One file with a line `VARIABLE='value'` for each variable, and its folder. */
export function envBytes({ variables: selected }: Plan, sizes: Session['sizes']): number {
  const lines = selected.reduce(
    (sum, { variable, name }) => sum + variable.length + 4 + (sizes.get(name) ?? 0),
    0,
  );
  return pages(lines) + PAGE_BYTES;
}

/** Memory that the session's volumes may take. */
export function payloadBytes(plan: Plan, sizes: Session['sizes']): number {
  return (
    (plan.files.length > 0 ? filesBytes(plan, sizes) : 0) +
    (plan.variables.length > 0 ? envBytes(plan, sizes) : 0)
  );
}

function memoryVolume(name: string, bytes: number): Json {
  return {
    name,
    emptyDir: { medium: 'Memory', sizeLimit: String(bytes) },
  };
}

function sessionVolumes(plan: Plan, { sid, sizes }: Session): readonly Json[] {
  const source = { audience: sessionAudience(sid), expirationSeconds: 600, path: 'token' };
  return [
    { name: volumes.session, secret: { secretName: sessionObjectName(sid), defaultMode: READABLE } },
    { name: volumes.token, projected: { sources: [{ serviceAccountToken: source }], defaultMode: READABLE } },
    ...(plan.files.length > 0 ? [memoryVolume(volumes.files, filesBytes(plan, sizes))] : []),
    ...(plan.variables.length > 0 ? [memoryVolume(volumes.env, envBytes(plan, sizes))] : []),
  ];
}

function initContainer(plan: Plan, session: Session, config: RenderConfig): Json {
  const env: Readonly<Record<string, string>> = {
    TWOFOLD_CLAIM_URL: config.claimUrl,
    TWOFOLD_GRANT_SHA256: session.grantSha256,
    TWOFOLD_CA_SHA256: session.caSha256,
    ...encodeInitValues(plan),
  };
  const { requests, limits } = session.resources;
  return {
    name: INIT_CONTAINER,
    image: config.image,
    imagePullPolicy: config.pullPolicy,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    resources: {
      ...(Object.keys(limits).length > 0 ? { limits } : {}),
      ...(Object.keys(requests).length > 0 ? { requests } : {}),
    },
    volumeMounts: [
      { name: volumes.session, mountPath: initMounts.session, readOnly: true },
      { name: volumes.token, mountPath: initMounts.token, readOnly: true },
      ...(plan.files.length > 0 ? [{ name: volumes.files, mountPath: initMounts.files }] : []),
      ...(plan.variables.length > 0 ? [{ name: volumes.env, mountPath: initMounts.env }] : []),
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: plan.runAsUser,
      ...(plan.runAsGroup === undefined ? {} : { runAsGroup: plan.runAsGroup }),
      ...(config.seccompProfile === 'none' ? {} : { seccompProfile: { type: config.seccompProfile } }),
    },
  };
}

function fileVariable({ variable }: { readonly variable: string }): Json {
  return {
    name: variable,
    valueFrom: { fileKeyRef: { volumeName: volumes.env, path: ENV_FILE, key: variable } },
  };
}

/** Everything that a session adds to its pod. */
export function additionsOf(plan: Plan, session: Session, config: RenderConfig): Additions {
  const mounts =
    plan.files.length > 0 ? [{ name: volumes.files, mountPath: plan.mountPath, readOnly: true }] : [];
  const env = plan.variables.map(fileVariable);
  const each = (indices: readonly number[]): ContainerAddition[] =>
    indices.map((at) => ({ at, mounts, env }));
  return {
    sid: session.sid,
    annotations: plan.podAnnotations,
    volumes: sessionVolumes(plan, session),
    pullSecrets: config.pullSecrets,
    initContainer: initContainer(plan, session, config),
    containers: each(plan.chosen.containers),
    initContainers: each(plan.chosen.initContainers),
  };
}
