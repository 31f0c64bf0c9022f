/** What a person needs to know about pods that do not come up: status, messages, events, last log lines. No zone. */
import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Kubectl } from './kubectl.ts';

const LOG_LINES = 12;
const EVENTS = 4;

function statusesOf({ status }: V1Pod): readonly V1ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function textOf(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(': ');
}

/** What a container is doing, in words; undefined for one that is ready or has completed. */
export function describeContainer(status: V1ContainerStatus): string | undefined {
  const { state, lastState, name, ready, restartCount } = status;
  const end = state?.terminated ?? lastState?.terminated;
  const ended = end && `ended with ${end.exitCode} (${textOf(end.reason, end.message?.trim())})`;
  if (state?.waiting) return textOf(`${name} waits`, state.waiting.reason, state.waiting.message, ended);
  if (state?.terminated) return end?.exitCode === 0 ? undefined : `${name} ${ended ?? ''}`;
  if (ready) return undefined;
  const restarts = restartCount > 0 ? `, ${restartCount} restarts, before that it ${ended ?? ''}` : '';
  return `${name} runs, but is not ready${restarts}`;
}

/** Reasons that do not go away by waiting. */
const HOPELESS = [
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
];
const RESTARTS = 3;

export function isHopeless(pod: V1Pod): boolean {
  return statusesOf(pod).some(
    ({ state, restartCount }) =>
      HOPELESS.includes(state?.waiting?.reason ?? '') || (restartCount >= RESTARTS && !state?.running),
  );
}

function conditionsOf({ status }: V1Pod): string[] {
  return (status?.conditions ?? []).flatMap(({ type, status: holds, reason, message }) =>
    holds === 'False' && type === 'PodScheduled' ? [textOf('not scheduled', reason, message)] : [],
  );
}

async function eventsOf(kubectl: Kubectl, namespace: string, name: string): Promise<string[]> {
  const events = await kubectl.list<CoreV1Event>([
    'events',
    '-n',
    namespace,
    '--sort-by=.lastTimestamp',
    `--field-selector=involvedObject.name=${name},type=Warning`,
  ]);
  return events.slice(-EVENTS).map(({ reason, message }) => textOf('event', reason, message?.trim()));
}

async function logOf(kubectl: Kubectl, pod: V1Pod, container: string): Promise<string[]> {
  const [namespace, name] = [pod.metadata?.namespace ?? '', pod.metadata?.name ?? ''];
  const args = ['logs', '-n', namespace, name, '-c', container, `--tail=${LOG_LINES}`];
  const current = await kubectl.attempt(args);
  const last = current.stdout.trim() === '' ? await kubectl.attempt([...args, '--previous']) : current;
  const lines = last.code === 0 ? last.stdout.trim().split('\n') : [];
  return lines.filter((line) => line !== '').map((line) => `log of ${container}: ${line}`);
}

/** Lines about one pod, indented below its name. */
export async function describePod(kubectl: Kubectl, pod: V1Pod): Promise<string> {
  const [namespace, name] = [pod.metadata?.namespace ?? '', pod.metadata?.name ?? ''];
  const unwell = statusesOf(pod).filter((status) => describeContainer(status) !== undefined);
  const lines = [
    ...conditionsOf(pod),
    ...unwell.flatMap((status) => describeContainer(status) ?? []),
    ...(await eventsOf(kubectl, namespace, name)),
    ...(await Promise.all(unwell.map((status) => logOf(kubectl, pod, status.name)))).flat(),
  ];
  const node = pod.spec?.nodeName === undefined ? '' : ` on ${pod.spec.nodeName}`;
  return [`pod ${namespace}/${name}${node}: ${pod.status?.phase ?? 'unknown'}`, ...lines].join('\n    ');
}
