/** Session pods of the scenarios: fit for Pod Security `restricted`, with a shell in the image, so that a test can look inside. */
import { randomBytes } from 'node:crypto';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { kubectlOutput } from '../cluster/kubectl.ts';

/** Loaded onto the node by `scripts/cluster up`. */
export const SHELL_IMAGE = 'localhost/busybox:1';

export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** Runs until it is told to stop; a shell as process 1 ignores SIGTERM without a trap. */
export const STAY = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'];

interface ContainerOptions {
  readonly name: string;
  readonly command?: readonly string[];
  readonly [field: string]: unknown;
}

export function container({ name, command = STAY, ...rest }: ContainerOptions) {
  return {
    name,
    command,
    image: SHELL_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    securityContext: restrictedContainer,
    ...rest,
  };
}

export interface PodOptions {
  /** A unique name by default: files of scenarios run at the same time. */
  readonly name?: string;
  /** Instead of a name. */
  readonly generateName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** One container `main` by default. */
  readonly containers?: readonly object[];
  readonly spec?: object;
  readonly namespace?: string;
}

export function uniqueName(base: string): string {
  return `${base}-${randomBytes(4).toString('hex')}`;
}

export function podSpec({ containers = [container({ name: 'main' })], spec = {} }: PodOptions) {
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
    containers,
    ...spec,
  };
}

export function pod(options: PodOptions = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(options.generateName === undefined
        ? { name: options.name ?? uniqueName('session') }
        : { generateName: options.generateName }),
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      labels: options.labels ?? {},
      annotations: options.annotations ?? {},
    },
    spec: podSpec(options),
  };
}

/** What a Deployment, StatefulSet or Job creates pods from. */
export function template(options: PodOptions, labels: Readonly<Record<string, string>>) {
  return {
    metadata: { labels, annotations: options.annotations ?? {} },
    spec: podSpec({ ...options, spec: { restartPolicy: undefined, ...options.spec } }),
  };
}

/** For the spec of a pod that is admitted and waits to be scheduled, so that a scenario can act before it starts. */
export const GATE = { schedulingGates: [{ name: 'scenarios/wait' }] } as const;

export async function openGate(namespace: string, name: string): Promise<void> {
  const patch = [{ op: 'remove', path: '/spec/schedulingGates' }];
  await kubectlOutput([
    'patch',
    'pod',
    name,
    `--namespace=${namespace}`,
    '--type=json',
    `--patch=${JSON.stringify(patch)}`,
  ]);
}

/** What the status tells about a session's start. */
export function initOf({ status }: V1Pod): V1ContainerStatus | undefined {
  return status?.initContainerStatuses?.find(({ name }) => name === 'twofold-init');
}

/** Whether its init container runs, requesting the keys. */
export function isAsking(pod: V1Pod): boolean {
  return initOf(pod)?.state?.running !== undefined;
}

/** Whether any of the user's containers ever ran. */
export function everStarted({ status }: V1Pod): boolean {
  return (status?.containerStatuses ?? []).some(
    ({ state, lastState, restartCount }) =>
      state?.running !== undefined ||
      state?.terminated?.containerID !== undefined ||
      lastState?.terminated !== undefined ||
      restartCount > 0,
  );
}
