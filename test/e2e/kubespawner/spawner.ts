/** The driver of the real KubeSpawner, as a hub: its account, and a Python process that takes one command per line. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/connection.ts';
import { kubectlOutput, manifest } from '../cluster/kubectl.ts';
import { pod, restrictedContainer, SHELL_IMAGE, STAY } from '../sessions/pods.ts';

/** Where hubs' accounts and pods are. No session may be there: anyone who can create pods in it is the hub. */
const HUB_NAMESPACE = 'hub';
/** Where their servers run. */
export const SERVERS_NAMESPACE = 'hub-sessions';
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const repository = fileURLToPath(new URL('../../..', import.meta.url));

export interface Hub {
  /** Name of the ready pod. Rejects with the error that KubeSpawner got. */
  start(user: string, annotations: Readonly<Record<string, string>>): Promise<string>;
  stop(user: string): Promise<void>;
  close(): Promise<void>;
}

/** What docs/jupyterhub.md has an administrator type, so that servers run apart from the hub. */
function separation(): readonly string[] {
  return (
    readFileSync(join(repository, 'docs/jupyterhub.md'), 'utf8').match(
      /(?<=^ {4}kubectl ).*hub-sessions.*$/gm,
    ) ?? []
  );
}

/**
 * A service account with these rights where its servers run, and a pod of it, whose token the scenario's hub uses: no
 * other token of a launcher counts.
 */
export async function ensureHubAccount(name: string): Promise<void> {
  // On the server, since another file of scenarios may create the same at this moment.
  const apply = (input: string): Promise<string> =>
    kubectlOutput(['apply', '--server-side', '--force-conflicts', '--filename', '-'], { input });
  const account = { name, namespace: HUB_NAMESPACE };
  await apply(manifest({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }));
  for (const line of separation()) {
    const own = line.replace('rolebinding hub', `rolebinding ${name}`).replace('hub:hub', `hub:${name}`);
    // Scenarios run repeatedly on the same cluster.
    await apply(await kubectlOutput([...own.split(' '), '--dry-run=client', '--output=json']));
  }
  await apply(manifest(pod({ ...account, spec: { serviceAccountName: name } })));
  const ready = ['wait', '--for=condition=Ready', '--timeout=60s', `pod/${name}`];
  await kubectlOutput([...ready, '--namespace', HUB_NAMESPACE]);
}

/** What an administrator would write into `jupyterhub_config.py`, except the annotations. */
const spawnerSettings = {
  namespace: SERVERS_NAMESPACE,
  image: SHELL_IMAGE,
  image_pull_policy: 'IfNotPresent',
  cmd: STAY,
  uid: 1000,
  fs_gid: 1000,
  allow_privilege_escalation: false,
  container_security_context: restrictedContainer,
  start_timeout: 60,
  k8s_api_request_retry_timeout: 2,
  delete_grace_period: 1,
};

/** A kubeconfig with the token of the account's pod. */
export async function hubKubeconfig(dir: string, { config }: Cluster, account: string): Promise<string> {
  const inPod = ['exec', account, '--namespace', HUB_NAMESPACE, '--', 'cat'];
  const token = (await kubectlOutput([...inPod, TOKEN_FILE])).trim();
  const cluster = config.getCurrentCluster();
  const file = join(dir, 'kubeconfig');
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'hub',
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'hub', namespace: SERVERS_NAMESPACE } }],
    clusters: [
      {
        name: 'hub',
        cluster: {
          server: cluster?.server,
          ...(cluster?.caData === undefined
            ? { 'certificate-authority': cluster?.caFile }
            : { 'certificate-authority-data': cluster.caData }),
        },
      },
    ],
    users: [{ name: 'hub', user: { token } }],
  };
  writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
  return file;
}

export function pythonVenv(requirements = 'launchers/jupyterhub/requirements.txt'): string {
  return execFileSync(join(repository, 'scripts/servers/python-venv'), [requirements], {
    encoding: 'utf8',
  }).trim();
}

export async function startHub(cluster: Cluster, account: string): Promise<Hub> {
  const dir = mkdtempSync(join(tmpdir(), 'twofold-hub-'));
  const child = spawn(
    join(pythonVenv(), 'bin/python'),
    [join(repository, 'test/e2e/kubespawner/driver.py')],
    {
      env: { PATH: process.env['PATH'], KUBECONFIG: await hubKubeconfig(dir, cluster, account) },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (options: object): Promise<Readonly<Record<string, string>>> => {
    child.stdin.write(`${JSON.stringify(options)}\n`);
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done) throw new Error('the KubeSpawner driver has ended');
    const answer = JSON.parse(line.value) as Readonly<Record<string, string>>; // the driver's own form
    if (answer['error'] !== undefined) throw new Error(answer['error']);
    return answer;
  };
  return {
    start: async (user, annotations) => {
      const config = { ...spawnerSettings, extra_annotations: annotations };
      return (await ask({ do: 'start', user, config }))['pod'] ?? '';
    },
    stop: async (user) => {
      await ask({ do: 'stop', user });
    },
    close: async () => {
      child.stdin.end();
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
