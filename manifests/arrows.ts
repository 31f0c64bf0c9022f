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
const session = { 'twofold.dev/session': '0123456789abcdef0123456789abcdef' };

const twofold = [zone('console'), zone('webhook'), zone('keyservice')];
const sessionPods: Place[] = [
  { name: 'session', pod: { namespace: 'sessions', labels: session } },
  { name: 'session elsewhere', pod: { namespace: 'unprepared', labels: session } },
];
const strangers: Place[] = [
  { name: 'bystander', pod: { namespace: 'sessions', labels: { app: 'notebook' } } },
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

const doors: Door[] = [
  ...[22, 53, 80, 443, 5432, 6443, 8080, 8443, 8444, 8445, 10250].map((port) => ({
    port,
    protocol: 'TCP' as const,
  })),
  ...[53, 8443].map((port) => ({ port, protocol: 'UDP' as const })),
];

/**
 * Every open arrow that starts or ends at Twofold, or starts at a session in a prepared namespace.
 * `outside`: what is not a pod of the cluster, such as its API server.
 */
export function openArrows(objects: readonly KubernetesObject[], outside: readonly Place[]): string[] {
  const reaches = createReachability(objects);
  const everybody = [...twofold, ...sessionPods, ...strangers, ...outside, ...guests];
  const ours = [...twofold, ...guests];
  const concerned = (from: Place, to: Place): boolean =>
    ours.includes(to) || ours.includes(from) || from.name === 'session';
  const found: string[] = [];
  for (const from of everybody) {
    for (const to of everybody.filter((place) => place !== from && concerned(from, place))) {
      for (const door of doors.filter((d) => reaches(from, to, d))) {
        found.push(`${from.name} → ${to.name} ${door.protocol} ${door.port}`);
      }
    }
  }
  return found.sort();
}

/** The design's arrows between pods, and those of users: anyone who can reach the public port at all. */
export function designArrows(outside: readonly Place[]): string[] {
  const users = [...strangers, ...outside].map(({ name }) => name);
  const dns = ['console', 'webhook', 'session'].flatMap((name) => [
    `${name} → dns TCP 53`,
    `${name} → dns UDP 53`,
  ]);
  return [
    ...[...users, 'session elsewhere'].map((name) => `${name} → console TCP 8443`),
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
