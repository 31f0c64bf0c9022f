/**
 * What a session pod needs so that identity webhooks pass over the init container, and so that it reaches the console
 * from inside a service mesh. Zone 2, pure; docs/design.md#neighbours.
 */
import type { Container, Pod } from './pod.ts';
import { INIT_CONTAINER } from './session-objects.ts';

/** An annotation by which a webhook that changes every container is told which to skip, and how it reads that. */
interface SkipList {
  readonly key: string;
  readonly separator: string;
  readonly names: (value: string) => readonly string[];
}

const SKIP_LISTS: readonly SkipList[] = [
  {
    key: 'azure.workload.identity/skip-containers',
    separator: ';',
    names: (value) => value.split(';').map((name) => name.trim()),
  },
  {
    // The first line, as comma-separated values: spaces belong to the names.
    key: 'eks.amazonaws.com/skip-containers',
    separator: ',',
    names: (value) => (value.split(/\r?\n/, 1)[0] ?? '').split(',').map((name) => name.replaceAll('"', '')),
  },
];

/** The annotations to set, each with what stands there already; none where the init container is named already. */
export function skipAnnotations({ annotations }: Pod): Readonly<Record<string, string>> {
  const added: Record<string, string> = {};
  for (const { key, separator, names } of SKIP_LISTS) {
    const present = (annotations[key] ?? '').replace(/^[\r\n]+/, '');
    if (names(present).includes(INIT_CONTAINER)) continue;
    // In front: behind a line break it would not be read.
    added[key] = present === '' ? INIT_CONTAINER : INIT_CONTAINER + separator + present;
  }
  return added;
}

/** The container of this name among all of the pod's. */
function containerNamed(pod: Pod, name: string): Container | undefined {
  return [...pod.containers, ...(pod.initContainers ?? [])].find((container) => container.name === name);
}

const ISTIO_GROUP = 1337;

/**
 * The group whose traffic Istio's CNI plugin lets through: it redirects everything else, DNS too, before the first init
 * container runs, to a proxy that is not running yet. Undefined where nothing is redirected by then: `istio-init`, which
 * does it otherwise, runs after ours.
 */
export function meshGroup(pod: Pod): number | undefined {
  const proxy = containerNamed(pod, 'istio-proxy');
  if (!proxy || containerNamed(pod, 'istio-init')) return undefined;
  return proxy.runAsGroup || ISTIO_GROUP;
}

const LINKERD_SKIP = 'config.linkerd.io/skip-outbound-ports';

/** `8445`, `8000-9000` and their likes, joined by commas. */
function coversPort(list: string, port: number): boolean {
  return list.split(',').some((item) => {
    const [first = '', last = first] = item.trim().split('-');
    return /^\d+$/.test(first) && Number(first) <= port && port <= Number(last);
  });
}

/** Linkerd's CNI plugin lets through its proxy's user alone, which cannot be ours: files would have the wrong owner. */
export function meshWarnings(pod: Pod, claimUrl: string): readonly string[] {
  const port = Number(new URL(claimUrl).port || '443');
  if (!containerNamed(pod, 'linkerd-proxy') || containerNamed(pod, 'linkerd-init')) return [];
  if (coversPort(pod.annotations[LINKERD_SKIP] ?? '', port)) return [];
  return [
    `linkerd: its CNI plugin redirects ${INIT_CONTAINER} to a proxy that is not running yet, so the pod will not start: ` +
      `add ${port} to its annotation ${LINKERD_SKIP}`,
  ];
}
