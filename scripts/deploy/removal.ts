/**
 * `make undeploy`: removes everything that a deployment created and stored. The webhook's registration goes first, so
 * that pods can start while the rest is removed. No zone.
 */
import type { V1Lease } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { NODE_TEST_NAMESPACE } from './node-variables.ts';
import { serverVersion } from './version.ts';

const OURS = ['-l', 'app.kubernetes.io/part-of=twofold', '--ignore-not-found'];
/** The last exists where a deployment was interrupted. */
const NAMESPACES = ['twofold-webhook', 'twofold-console', 'twofold-keyservice', NODE_TEST_NAMESPACE];
const GONE_WITHIN = '180s';

/**
 * In this order: what the API server calls for every pod, then the services' rights, then the guard that holds them to
 * the enabled namespaces, then the services.
 */
const clusterWide = [
  'mutatingwebhookconfigurations',
  'clusterrolebindings',
  'validatingadmissionpolicybindings',
  'validatingadmissionpolicies',
  'clusterroles',
];
const inSessionNamespaces = ['rolebindings', 'networkpolicies'];

/** Leases whose pod never appeared: nothing would delete them and their Secrets once the webhook is gone. */
async function deleteUnclaimedSessions(kubectl: Kubectl): Promise<number> {
  const leases = await kubectl.list<V1Lease>(['leases', '-A', '-l', 'twofold.dev/session']);
  const unclaimed = leases.filter(({ metadata }) => (metadata?.ownerReferences ?? []).length === 0);
  for (const { metadata } of unclaimed)
    await kubectl.run([
      'delete',
      'lease',
      metadata?.name ?? '',
      '-n',
      metadata?.namespace ?? '',
      '--ignore-not-found',
    ]);
  return leases.length - unclaimed.length;
}

/** Where sessions may be: Twofold's own namespaces stay closed until they are gone themselves. */
async function clearSessionNamespaces(kubectl: Kubectl): Promise<readonly string[]> {
  const cleared = new Set<string>();
  for (const kind of inSessionNamespaces) {
    const all = await kubectl.list<KubernetesObject>([kind, '-A', ...OURS]);
    for (const { metadata } of all) {
      const namespace = metadata?.namespace ?? '';
      if (NAMESPACES.includes(namespace)) continue;
      await kubectl.run(['delete', kind, metadata?.name ?? '', '-n', namespace, '--ignore-not-found']);
      cleared.add(namespace);
    }
  }
  return [...cleared];
}

/** Of those, what exists, being deleted or not. */
async function existingNamespaces(kubectl: Kubectl): Promise<readonly string[]> {
  const said = await kubectl.run(['get', 'namespaces', ...NAMESPACES, '--ignore-not-found', '-o', 'name']);
  return said.split('\n').flatMap((line) => line.split('/')[1] ?? []);
}

async function deleteNamespaces(kubectl: Kubectl, names: readonly string[]): Promise<void> {
  const how = ['--ignore-not-found', `--timeout=${GONE_WITHIN}`];
  const { code, stderr } = await kubectl.attempt(['delete', 'namespace', ...names, ...how]);
  if (code === 0) return;
  const left = await existingNamespaces(kubectl);
  throw new DeployError(
    `not all is removed yet: ${left.join(', ')} (${stderr})`,
    `kubectl get namespace ${left[0] ?? ''} -o yaml says what it waits for; make undeploy again goes on from here`,
  );
}

/** Resolves when the namespaces are gone. May be repeated, after half an installation, or where nothing is deployed. */
export async function undeploy(kubectl: Kubectl, say: (line: string) => void): Promise<void> {
  await serverVersion(kubectl);
  const deleted: string[] = [];
  const remove = async (kind: string): Promise<void> => {
    const said = await kubectl.run(['delete', kind, ...OURS, '-o', 'name']);
    const names = said.split('\n').flatMap((line) => line.split('/')[1] ?? []);
    if (names.length > 0) say(`deleted ${names.join(', ')} (${kind})`);
    deleted.push(...names);
  };
  for (const kind of clusterWide) await remove(kind);
  const cleared = await clearSessionNamespaces(kubectl);
  if (cleared.length > 0) say(`no longer enabled for sessions: ${cleared.join(', ')}`);
  const namespaces = await existingNamespaces(kubectl);
  if (namespaces.length > 0) {
    say(`deleting ${namespaces.join(', ')}`);
    await deleteNamespaces(kubectl, namespaces);
  }
  await remove('persistentvolumes');
  const running = await deleteUnclaimedSessions(kubectl);
  if ([...deleted, ...cleared, ...namespaces].length === 0) {
    say('nothing of Twofold is in this cluster');
    return;
  }
  say('Twofold is gone, with its keys, and its database if that was a volume of the cluster');
  if (running > 0)
    say(
      `sessions that keep running, with the files they have: ${running}; their Secrets and Leases go with their pods`,
    );
  say('the session namespaces are yours and stay as they are');
}
