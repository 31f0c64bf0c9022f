/**
 * Before a running service is replaced, its new image checks its new settings (`--check-settings`, platform/service.ts),
 * in a pod with the same files that serves nothing. A console on SQLite is stopped before the new one starts, so
 * a mistyped setting would otherwise leave none. No zone; docs/design.md#settings.
 */
import type { V1ConfigMap, V1Container, V1Deployment, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { askUntil } from '../dev/ask-until.ts';
import { describePod, isHopeless } from './diagnosis.ts';
import { DeployError } from './failure.ts';
import { applyArgs, KubectlError, type Kubectl } from './kubectl.ts';
import { deploymentsIn, type Deployment, type Reference } from './rendering.ts';

const LABEL = { 'app.kubernetes.io/component': 'settings-check' } as const;
const SELECTED = Object.entries(LABEL).map(([key, value]) => `${key}=${value}`);
/** The image may have to be pulled first. */
const END = { withinMs: 180_000, everyMs: 500 };
const DEADLINE_SECONDS = END.withinMs / 1000;
const WRONG_SETTINGS = 78;
/** It runs for a second, beside what runs already. */
const requests = { cpu: '10m', memory: '64Mi' };

function placeOf({ metadata }: Pick<V1Deployment, 'metadata'>): Reference {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

function copyName(name: string): string {
  return `${name}-settings-check`;
}

/** A ConfigMap of the overlay is not applied yet, so the pod gets a copy of it. */
function withCopies(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withCopies(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]: [string, unknown]) => {
    const isReference = ['configMap', 'configMapKeyRef', 'configMapRef'].includes(key);
    const { name } = (isReference ? member : {}) as { readonly name?: string }; // Kubernetes' references have one
    return name !== undefined && names.has(name)
      ? ([key, { ...(member as object), name: copyName(name) }] as const)
      : ([key, withCopies(member, names)] as const);
  });
  return Object.fromEntries(entries);
}

const SERVING = ['ports', 'startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'];

/** Only the service itself, without what waits for it to serve. */
function checkingContainer(container: V1Container): object {
  const rest = Object.entries(container).filter(([member]) => !SERVING.includes(member));
  return {
    ...Object.fromEntries(rest),
    args: [...(container.args ?? []), '--check-settings'],
    resources: { limits: container.resources?.limits, requests },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** Its database is an empty folder: a volume may be on one node only, and is not to be touched. */
function checkingSpec(spec: V1PodSpec, service: string): object {
  const rest = Object.entries(spec).filter(([member]) => member !== 'topologySpreadConstraints');
  return {
    ...Object.fromEntries(rest),
    restartPolicy: 'Never',
    activeDeadlineSeconds: DEADLINE_SECONDS,
    containers: spec.containers.filter(({ name }) => name === service).map(checkingContainer),
    volumes: (spec.volumes ?? []).map((volume): object =>
      volume.persistentVolumeClaim ? { name: volume.name, emptyDir: {} } : volume,
    ),
  };
}

/** The pod that checks a service, and the ConfigMaps that it needs. No Service, policy or Deployment selects it. */
export function settingsCheck(
  deployment: Deployment,
  objects: readonly KubernetesObject[],
): readonly [pod: KubernetesObject, ...copies: KubernetesObject[]] {
  const { namespace, name } = placeOf(deployment);
  const { template, selector } = deployment.spec ?? {};
  const own = Object.keys(selector?.matchLabels ?? {});
  const labels = Object.entries(template?.metadata?.labels ?? {}).filter(([key]) => !own.includes(key));
  const metadata = (of: string) => ({ namespace, name: copyName(of), labels: { ...LABEL } });
  const maps = objects.filter(
    ({ kind, metadata: of }) => kind === 'ConfigMap' && of?.namespace === namespace,
  );
  const names = new Set(maps.map(({ metadata: of }) => of?.name ?? ''));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata(name),
      labels: { ...Object.fromEntries(labels), ...LABEL },
      annotations: template?.metadata?.annotations ?? {},
    },
    spec: template?.spec && withCopies(checkingSpec(template.spec, name), names),
  };
  const copies = maps.map((map) => {
    const { data, binaryData } = map as Pick<V1ConfigMap, 'data' | 'binaryData'>; // its schema is tested
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(map.metadata?.name ?? ''),
      data,
      binaryData,
    };
  });
  return [pod, ...copies];
}

/** Whether applying it would replace pods that run: the API server counts changes of the specification. */
async function isReplaced(kubectl: Kubectl, deployment: Deployment): Promise<boolean> {
  const { namespace, name } = placeOf(deployment);
  const live = await kubectl.find<V1Deployment>(['deployment', name, '-n', namespace]);
  if (live === undefined) return false;
  const preview = [...applyArgs(), '--dry-run=server', '-o', 'json', '-f', '-'];
  const next = JSON.parse(await kubectl.run(preview, JSON.stringify(deployment))) as V1Deployment;
  return next.metadata?.generation !== live.metadata?.generation;
}

function isOver(pod: V1Pod | undefined): boolean {
  return pod !== undefined && (['Succeeded', 'Failed'].includes(pod.status?.phase ?? '') || isHopeless(pod));
}

async function problemOf(kubectl: Kubectl, pod: V1Pod | undefined): Promise<string | undefined> {
  if (pod?.status?.phase === 'Succeeded') return undefined;
  if (pod === undefined) return 'the pod that checks the settings is gone';
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  const said = ended?.exitCode === WRONG_SETTINGS ? ended.message?.trim() : undefined;
  return said ?? (await describePod(kubectl, pod));
}

async function removeChecks(kubectl: Kubectl, namespaces: ReadonlySet<string>): Promise<void> {
  for (const namespace of namespaces)
    await kubectl.attempt([
      'delete',
      'pods,configmaps',
      '-n',
      namespace,
      ...SELECTED.flatMap((label) => ['-l', label]),
      '--ignore-not-found',
      '--timeout=60s',
    ]);
}

async function problemsOf(
  kubectl: Kubectl,
  deployments: readonly Deployment[],
  objects: readonly KubernetesObject[],
): Promise<readonly string[]> {
  await kubectl.apply(deployments.flatMap((deployment) => settingsCheck(deployment, objects)));
  const pods = await askUntil(
    () =>
      Promise.all(
        deployments.map((deployment) => {
          const { namespace, name } = placeOf(deployment);
          return kubectl.find<V1Pod>(['pod', copyName(name), '-n', namespace]);
        }),
      ),
    (found) => found.every(isOver),
    END,
  );
  return (await Promise.all(pods.map((pod) => problemOf(kubectl, pod)))).flatMap((problem) => problem ?? []);
}

/** Rejects with a DeployError that has every problem. Does nothing where no running service would be replaced. */
export async function checkSettings(
  kubectl: Kubectl,
  objects: readonly KubernetesObject[],
  say: (line: string) => void,
): Promise<void> {
  const deployments: Deployment[] = [];
  for (const each of deploymentsIn(objects)) if (await isReplaced(kubectl, each)) deployments.push(each);
  if (deployments.length === 0) return;
  const names = deployments.map((each) => placeOf(each).name).join(', ');
  const namespaces = new Set(deployments.map((each) => placeOf(each).namespace));
  await removeChecks(kubectl, namespaces);
  try {
    const problems = await problemsOf(kubectl, deployments, objects);
    if (problems.length > 0)
      throw new DeployError(
        `a service would not start as it is now configured, so what runs has been left as it is:\n  ${problems.join('\n  ')}`,
        'correct this in the overlay (docs/configuration.md has every setting); then deploy again',
      );
    say(`settings: found valid by the new ${names}`);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new DeployError(
      `the new settings could not be checked, so what runs has been left as it is: ${error.said}`,
      'look the message up in docs/troubleshooting.md; then deploy again',
      error,
    );
  } finally {
    await removeChecks(kubectl, namespaces);
  }
}
