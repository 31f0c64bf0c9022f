/**
 * The arrows of the design (docs/design.md#zones) as a table, and those that a set of NetworkPolicies opens:
 * for tests of the manifests as rendered and as applied. No zone.
 */
import type { KubernetesObject } from './kubernetes-object.ts';
import { createReachability, type Door, type Place } from './reachability.ts';

function zone(name: string): Place {
  return {
    name,
    pod: { namespace: `twofold-${name}`, labels: { 'app.kubernetes.io/name': name } },
  };
}
const sessionLabels = { 'twofold.dev/session': '0123456789abcdef0123456789abcdef' };

const twofold = [zone('console'), zone('webhook'), zone('keyservice')];
const session: Place = { name: 'session', pod: { namespace: 'sessions', labels: sessionLabels } };
const sessionPods: Place[] = [
  session,
  { name: 'session elsewhere', pod: { namespace: 'unprepared', labels: sessionLabels } },
];
const bystander: Place = { name: 'bystander', pod: { namespace: 'sessions', labels: { app: 'notebook' } } };
const strangers: Place[] = [
  bystander,
  { name: 'stranger', pod: { namespace: 'default', labels: { 'app.kubernetes.io/name': 'webhook' } } },
  {
    name: 'monitoring',
    pod: { namespace: 'monitoring', labels: {}, namespaceLabels: { 'twofold.dev/metrics': 'true' } },
  },
  { name: 'dns', pod: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } } },
];
/** In Twofold's namespaces, but not part of it: a debugging pod, a job. */
const guests: Place[] = twofold.map(({ name, pod }) => ({
  name: `guest next to the ${name}`,
  pod: { namespace: pod?.namespace ?? '', labels: {} },
}));
const ours = [...twofold, ...guests];

const doors: Door[] = [
  ...[22, 53, 80, 443, 1053, 5432, 6443, 8080, 8081, 8443, 8444, 8445, 10250].map((port) => ({
    port,
    protocol: 'TCP' as const,
  })),
  ...[53, 1053, 8443].map((port) => ({ port, protocol: 'UDP' as const })),
];

/** A connection that somebody could try. */
export interface Pair {
  readonly from: Place;
  readonly to: Place;
  readonly door: Door;
}

export function nameOf({ from, to, door }: Pair): string {
  return `${from.name} → ${to.name} ${door.protocol} ${door.port}`;
}

/** Every pair that starts or ends at Twofold. `outside`: what is not a pod of the cluster, such as its API server. */
export function pairsOf(outside: readonly Place[]): readonly Pair[] {
  const everybody = [...twofold, ...sessionPods, ...strangers, ...outside, ...guests];
  return everybody.flatMap((from) =>
    everybody
      .filter((to) => to !== from && (ours.includes(to) || ours.includes(from)))
      .flatMap((to) => doors.map((door) => ({ from, to, door }))),
  );
}

/** The open ones of these pairs, as `from → to PROTOCOL PORT`. */
export function openArrows(objects: readonly KubernetesObject[], outside: readonly Place[]): string[] {
  const reaches = createReachability(objects);
  return pairsOf(outside)
    .filter(({ from, to, door }) => reaches(from, to, door))
    .map(nameOf)
    .sort();
}

/** What a session pod reaches, wherever that is, and what a pod beside it without secrets does: `to PROTOCOL PORT`. */
export function reachOfSessions(
  objects: readonly KubernetesObject[],
  elsewhere: readonly Place[],
  labels: Readonly<Record<string, string>> = {},
): { readonly withSecrets: string[]; readonly without: string[] } {
  const reaches = createReachability(objects);
  const targets = [...twofold, ...strangers.filter((place) => place !== bystander), ...elsewhere, ...guests];
  const reach = (own: Readonly<Record<string, string>>): string[] => {
    const from = { name: 'pod', pod: { namespace: 'sessions', labels: { ...labels, ...own } } };
    return targets
      .flatMap((to) => doors.map((door) => ({ from, to, door })))
      .filter(({ to, door }) => reaches(from, to, door))
      .map(({ to, door }) => `${to.name} ${door.protocol} ${door.port}`)
      .sort();
  };
  return { withSecrets: reach(sessionLabels), without: reach({}) };
}

/** The design's arrows between pods, and those of users: anyone who can reach the public port at all. */
export function designArrows(outside: readonly Place[], dnsPort = 53): string[] {
  const users = [...sessionPods, ...strangers, ...outside];
  const dns = ['console', 'webhook'].flatMap((name) => [
    `${name} → dns TCP ${dnsPort}`,
    `${name} → dns UDP ${dnsPort}`,
  ]);
  return [
    ...users.map(({ name }) => `${name} → console TCP 8443`),
    ...dns,
    'webhook → console TCP 8444',
    'webhook → keyservice TCP 8443',
    'console → keyservice TCP 8443',
    'session → console TCP 8445',
    'session elsewhere → console TCP 8445',
    'monitoring → console TCP 8080',
    'monitoring → webhook TCP 8080',
    'monitoring → keyservice TCP 8080',
  ];
}
