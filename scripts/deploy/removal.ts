/**
 * `make undeploy`: removes everything that a deployment created and stored. The webhook's registration goes first, so
 * that pods can start while the rest is removed. No zone.
 */
import type { V1Lease } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import type { Kubectl } from './kubectl.ts';

const OURS = ['-l', 'app.kubernetes.io/part-of=twofold', '--ignore-not-found'];
const NAMESPACES = ['twofold-webhook', 'twofold-console', 'twofold-keyservice'];

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

/** Resolves when the namespaces are gone. May be repeated, or run where nothing is deployed. */
export async function undeploy(kubectl: Kubectl, say: (line: string) => void): Promise<void> {
  for (const kind of clusterWide) {
    const said = await kubectl.run(['delete', kind, ...OURS, '-o', 'name']);
    if (said.trim() !== '')
      say(
        `deleted ${said
          .trim()
          .replaceAll(/[^\n]*\//g, '')
          .split('\n')
          .join(', ')} (${kind})`,
      );
  }
  const cleared = await clearSessionNamespaces(kubectl);
  if (cleared.length > 0) say(`no longer enabled for sessions: ${cleared.join(', ')}`);
  say(`deleting ${NAMESPACES.join(', ')}`);
  await kubectl.run(['delete', 'namespace', ...NAMESPACES, '--ignore-not-found', '--timeout=180s']);
  await kubectl.run(['delete', 'persistentvolumes', ...OURS]);
  const running = await deleteUnclaimedSessions(kubectl);
  say('Twofold is gone, with its keys, and its database if that was a volume of the cluster');
  if (running > 0)
    say(
      `sessions that keep running, with the files they have: ${running}; their Secrets and Leases go with their pods`,
    );
  say('the session namespaces are yours and stay as they are');
}
