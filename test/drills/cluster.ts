/** A cluster for drills: a real control plane, real processes, and what people, kubelets and attackers do with it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.ts';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { runInitContainer, type Outcome } from '../../scripts/dev/kubelet/init-container.ts';
import { createPerson, type ApiAnswer, type Person } from '../../scripts/dev/person.ts';
import { choosePorts, development } from '../../scripts/dev/environment.ts';
import { freePort } from '../../scripts/dev/free-port.ts';
import { startRealCluster } from './control-plane.ts';
import { testCertificates } from '../certificates.ts';
import { testFolder } from '../folder.ts';
import { kubeletOf, startStack, type Stack, type StackOptions } from '../../scripts/dev/stack.ts';

export const sessions = development.namespace;
const injector = fileURLToPath(new URL('../../dist/injector.js', import.meta.url));

interface Exit {
  readonly exitCode: number;
  /** The termination message. */
  readonly message: string;
  /** Path below the mount path → content. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** The file of variables, where there is one. */
  readonly env: string | undefined;
}

export interface Drill {
  readonly stack: Stack;
  readonly ca: string;
  person(name: string): Person;
  /** At the API server. */
  readonly admin: Person;
  readonly developer: Person;
  createPod(annotations: Readonly<Record<string, string>>, change?: PodChange): Promise<ApiAnswer>;
  /** Rejects unless the pod was admitted. */
  admitPod(annotations: Readonly<Record<string, string>>, change?: PodChange): Promise<Pod>;
  /** `env`: variables of its init container in place of the pod's own. */
  runPod(pod: Pod, env?: Readonly<Record<string, string>>): Promise<Exit>;
}

interface PodChange {
  readonly metadata?: object;
  readonly spec?: object;
  readonly namespace?: string;
  readonly query?: string;
  readonly by?: Person;
  readonly headers?: Readonly<Record<string, string>>;
}

function sidOf(pod: Pod): string {
  return pod.metadata.labels?.['twofold.dev/session'] ?? '';
}
export function secretPath(pod: Pod): string {
  return `/api/v1/namespaces/${sessions}/secrets/twofold-${sidOf(pod)}`;
}
export function leasePath(pod: Pod): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${sessions}/leases/twofold-${sidOf(pod)}`;
}

export function nameOf(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

function collect(outcome: Outcome): Exit {
  if (!outcome.started) return { exitCode: -1, message: outcome.reason, files: {}, env: undefined };
  const folder = outcome.volumes.get('twofold-files') ?? '';
  const envFolder = outcome.volumes.get('twofold-env');
  const files = Object.fromEntries(
    outcome.files.map((file) => [file.slice(folder.length + 1), readFileSync(file)]),
  );
  const env =
    envFolder === undefined || outcome.exitCode !== 0
      ? undefined
      : readFileSync(join(envFolder, 'env'), 'utf8');
  outcome.cleanUp();
  return { exitCode: outcome.exitCode, message: outcome.terminationMessage.trim(), files, env };
}

/** Once in a process: sources do not change under tests. */
let built: ReturnType<typeof build> | undefined;
/** Of the issuers of drills that have ended: the control planes that trust them go on running, for the next drills. */
const issuerPorts = new Set<number>();

async function takeIssuerPort(): Promise<number> {
  const [port] = issuerPorts;
  if (port === undefined) return await freePort();
  issuerPorts.delete(port);
  return port;
}

export async function startDrill(options: Partial<StackOptions> = {}): Promise<Drill> {
  const dir = testFolder('drill');
  await (built ??= build());
  const certificates = (await testCertificates()).dir;
  const issuerPort = await takeIssuerPort();
  const own = {
    dir,
    certificates,
    people: ['alice', 'bob'],
    say: () => undefined,
    cluster: startRealCluster,
    ports: { ...(await choosePorts()), identityProvider: issuerPort },
  };
  const started = await startStack({ ...own, ...options });
  const stop = async (): Promise<void> => {
    await started.stop();
    issuerPorts.add(issuerPort);
  };
  const stack = { ...started, stop };
  const ca = readFileSync(stack.caFile, 'utf8');
  const atKubernetes = (bearer: string): Person => createPerson({ ...stack.kubernetes, bearer });
  const admin = atKubernetes(readFileSync(stack.tokens.admin, 'utf8'));
  const developer = atKubernetes(stack.bearers['alice'] ?? '');
  const createPod: Drill['createPod'] = (annotations, change = {}) =>
    (change.by ?? developer).call(
      'POST',
      `/api/v1/namespaces/${change.namespace ?? sessions}/pods${change.query ?? ''}`,
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: nameOf('pod'), annotations, ...change.metadata },
        spec: { containers: [{ name: 'main', image: 'example/app:1.0' }], ...change.spec },
      },
      change.headers,
    );
  return {
    stack,
    ca,
    admin,
    developer,
    createPod,
    person: (name) => createPerson({ url: stack.urls.console, ca, bearer: stack.bearers[name] ?? '' }),
    admitPod: async (annotations, change) => {
      const answer = await createPod(annotations, change);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body as Pod; // the API server's own
    },
    runPod: async (pod, env = {}) => {
      const { name = '', namespace = '' } = pod.metadata;
      await stack.kubernetes.schedule(namespace, name);
      const kubernetes = kubeletOf(stack);
      const root = join(dir, 'pods', nameOf('root'));
      return collect(
        await runInitContainer({ kubernetes, pod, root, env, command: [process.execPath, injector] }),
      );
    },
  };
}

/** What the API server or a service of ours said in its refusal. */
export function messageOf({ body }: ApiAnswer): string {
  const { message, detail } = (body ?? {}) as { message?: string; detail?: string }; // Status or problem document
  return message ?? detail ?? '';
}
