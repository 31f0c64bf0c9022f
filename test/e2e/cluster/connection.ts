/**
 * The cluster of `make e2e`, as people, administrators and kubelets see it: an API client for waiting, `kubectl` for
 * what a user would type, and people at the console.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  type V1Pod,
} from '@kubernetes/client-node';
import { SESSION_LABEL } from '#envelope/annotations.ts';
import { createPerson, type Person } from '../../../scripts/dev/person.ts';
import { eventually } from '../../eventually.ts';
import { kubectl, kubectlOutput, type Ran } from './kubectl.ts';

/** What the scenarios need from `.cluster/endpoints.json`, which `make deploy` writes (scripts/deploy/local/endpoints.ts). */
interface Endpoints {
  readonly console: string;
  readonly ca: string;
  readonly bearers: Readonly<Record<string, string>>;
  readonly images: { readonly injector: string };
  readonly namespaces: { readonly sessions: readonly string[] };
  /** The console's. */
  readonly database:
    { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string };
  readonly issuer: string;
  readonly issuerCa: string;
  /** Folders: the CA's, and the overlay that was applied. */
  readonly certificates: string;
  readonly overlay: string;
  /** Who speaks for users, where, in which annotation. */
  readonly launcher: {
    readonly username: string;
    readonly namespace: string;
    readonly annotation: string;
    /** Its service account, which lives where no session may be. */
    readonly account: { readonly namespace: string; readonly name: string };
  };
}

function readEndpoints(): Endpoints {
  const file = fileURLToPath(new URL('../../../.cluster/endpoints.json', import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')) as Endpoints; // our own file
}

function notFound(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 404) return undefined;
  throw error;
}

interface ExecOptions {
  readonly namespace?: string;
  readonly container?: string;
}

export function connect() {
  const endpoints = readEndpoints();
  // Read when needed: a scenario may have replaced the root in the meantime.
  const readCa = (): string => readFileSync(endpoints.ca, 'utf8');
  const config = new KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(CoreV1Api);
  const coordination = config.makeApiClient(CoordinationV1Api);
  const sessions = 'sessions';

  /** Undefined when there is none. */
  const readPod = (name: string, namespace = sessions): Promise<V1Pod | undefined> =>
    core.readNamespacedPod({ name, namespace }).catch(notFound);

  /** Waits until a pod passes `test`; a failure shows the pod's last status. */
  const podThat = async (
    what: string,
    name: string,
    test: (pod: V1Pod) => boolean,
    { namespace = sessions, timeoutMs = 60_000 } = {},
  ): Promise<V1Pod> => {
    let last: V1Pod | undefined;
    return await eventually(
      `pod ${name} ${what}`,
      async () => {
        last = await readPod(name, namespace);
        return last && test(last) ? last : undefined;
      },
      { timeoutMs, seen: () => last?.status },
    );
  };

  /** Names of the Leases and Secrets of one session, or of all. */
  const sessionObjects = async (namespace = sessions, sid?: string): Promise<readonly string[]> => {
    const labelSelector = sid === undefined ? SESSION_LABEL : `${SESSION_LABEL}=${sid}`;
    const [leases, secrets] = await Promise.all([
      coordination.listNamespacedLease({ namespace, labelSelector }),
      core.listNamespacedSecret({ namespace, labelSelector }),
    ]);
    return [
      ...leases.items.map(({ metadata }) => `lease/${metadata?.name ?? ''}`),
      ...secrets.items.map(({ metadata }) => `secret/${metadata?.name ?? ''}`),
    ];
  };

  const isReady = ({ status }: V1Pod): boolean =>
    status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;

  return {
    endpoints,
    get ca(): string {
      return readCa();
    },
    sessions,
    config,
    core,
    coordination,
    apps: config.makeApiClient(AppsV1Api),
    batch: config.makeApiClient(BatchV1Api),
    readPod,
    podThat,
    ready: (name: string, options?: { namespace?: string; timeoutMs?: number }): Promise<V1Pod> =>
      podThat('is ready', name, isReady, options),
    /** Succeeded or failed. */
    ended: (name: string, options?: { namespace?: string; timeoutMs?: number }): Promise<V1Pod> =>
      podThat('has ended', name, ({ status }) => /^(Succeeded|Failed)$/.test(status?.phase ?? ''), options),
    gone: (name: string, namespace = sessions): Promise<true> =>
      eventually(`pod ${name} is gone`, async () => !(await readPod(name, namespace))),
    /** `kubectl create` of one object; rejects with the API server's message when it is refused. */
    create: (object: object, namespace = sessions): Promise<string> =>
      kubectlOutput(['create', '--namespace', namespace, '--filename', '-', '--output', 'name'], {
        input: JSON.stringify(object),
      }),
    /** The same without a process: for many at the same time, and for what is timed. */
    createPod: (body: object, namespace = sessions): Promise<V1Pod> =>
      // The API server decides what is a pod.
      core.createNamespacedPod({ namespace, body: body }),
    /** The same, whatever the outcome. */
    tryCreate: (
      object: object,
      { namespace = sessions, as }: { namespace?: string; as?: string } = {},
    ): Promise<Ran> =>
      kubectl(['create', '--namespace', namespace, '--filename', '-'], {
        input: JSON.stringify(object),
        ...(as === undefined ? {} : { as }),
      }),
    remove: (kind: string, name: string, namespace = sessions): Promise<string> =>
      kubectlOutput(['delete', kind, name, '--namespace', namespace, '--ignore-not-found']),
    /** Standard output of a command in a container. */
    exec: (
      name: string,
      command: readonly string[],
      { namespace = sessions, container }: ExecOptions = {},
    ): Promise<string> =>
      kubectlOutput([
        'exec',
        name,
        '--namespace',
        namespace,
        ...(container === undefined ? [] : ['--container', container]),
        '--',
        ...command,
      ]),
    sessionObjects,
    /** Garbage collection and the janitor take a while. */
    noSessionObjects: (sid?: string, namespace = sessions): Promise<true> =>
      eventually(
        `no Lease or Secret is left of session ${sid ?? '(any)'}`,
        async () => (await sessionObjects(namespace, sid)).length === 0,
        { timeoutMs: 180_000 },
      ),
    /** Stores a value, replacing an older one of that name: scenarios run repeatedly on the same cluster. */
    keep: async (person: Person, name: string, value: string | Uint8Array): Promise<void> => {
      const valueBase64 = Buffer.from(value).toString('base64');
      const { status } = await person.call('POST', '/api/v1/secrets', { name, valueBase64 });
      if (status !== 201) await person.must('PUT', `/api/v1/secrets/${name}`, { valueBase64 });
    },
    person: (name: string): Person => {
      const bearer = endpoints.bearers[name];
      if (bearer === undefined) throw new Error(`no bearer for ${name}: see scripts/deploy/local`);
      return createPerson({ url: endpoints.console, ca: readCa(), bearer });
    },
  };
}

export type Cluster = ReturnType<typeof connect>;

export function sidOf({ metadata }: V1Pod): string {
  return metadata?.labels?.[SESSION_LABEL] ?? '';
}

/**
 * Twofold's Leases and Secrets whose pod does not exist, each as `kind/name`, sorted. Pods are listed last, so that one
 * that appears during the listing makes no orphan.
 */
export async function orphans({ core, sessionObjects, sessions }: Cluster, namespace = sessions) {
  const objects = await sessionObjects(namespace);
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: SESSION_LABEL });
  const sids = new Set(items.map(({ metadata }) => metadata?.labels?.[SESSION_LABEL] ?? ''));
  return objects.filter((object) => !sids.has(object.slice(object.lastIndexOf('-') + 1))).sort();
}

interface EventOptions {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** By default `FailedCreate`, a controller's event when it cannot create a pod. */
  readonly reason?: string;
}

/** The message of the first such event, awaited. */
export function eventOf({ core }: Cluster, asked: EventOptions): Promise<string> {
  const { kind, name, namespace, reason = 'FailedCreate' } = asked;
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name},reason=${reason}`;
  return eventually(`${kind} ${name} has an event ${reason}`, async () => {
    const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
    return items[0]?.message;
  });
}
