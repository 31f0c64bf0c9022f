/** Pods that request secrets and must not get them, each with its refusal's message. */
import { container } from './pods.ts';

export type Annotations = Readonly<Record<string, string>>;

export interface Refused {
  /** What is wrong, then what to do. */
  readonly says: readonly RegExp[];
  readonly annotations?: Annotations;
  readonly labels?: Annotations;
  readonly spec?: object;
  readonly containers?: readonly object[];
}

interface Asking {
  readonly secret: string;
  /** Of a ticket, by what is wrong with it, with other annotations added. */
  readonly annotationsOf: (ticket: string, more?: Annotations) => Annotations;
}

/** By what is wrong; each is created when its turn comes. */
export function refusedPods({ secret, annotationsOf }: Asking): Readonly<Record<string, () => Refused>> {
  return {
    'an unknown secret': () => ({
      annotations: annotationsOf('unknown'),
      says: [
        /twofold\.dev\/secrets: There is no secret \S+-gone; create it, or leave it out .*: twofold secrets list/,
        /\(secret_unknown\)/,
      ],
    }),
    'a secret of another owner, like a nonexistent one': () => ({
      annotations: annotationsOf('bob'),
      says: [/twofold\.dev\/secrets: There is no secret \S+-password; create it/, /\(secret_unknown\)/],
    }),
    'a secret that the ticket does not name': () => ({
      annotations: annotationsOf('bob-own', { 'twofold.dev/secrets': secret }),
      says: [
        /does not name the secret \S+-password; get one that does, or leave it out/,
        /\(name_not_in_ticket\)/,
      ],
    }),
    'a revoked ticket': () => ({
      annotations: annotationsOf('revoked'),
      says: [
        /twofold\.dev\/ticket: The ticket with jti \S+ has been revoked; get a new one: twofold annotate FILE \| kubectl apply -f -/,
        /\(ticket_revoked\)/,
      ],
    }),
    'a ticket for another pod': () => ({
      annotations: annotationsOf('narrow'),
      says: [
        /The ticket’s pod is another-pod, which does not match this pod; get a ticket for it/,
        /\(ticket_other_pod\)/,
      ],
    }),
    'a ticket for another namespace': () => ({
      annotations: annotationsOf('elsewhere'),
      says: [
        /The ticket’s ns is sessions, .* e2e-refusals; get a ticket for it/,
        /\(ticket_other_namespace\)/,
      ],
    }),
    'a ticket with a letter changed': () => ({
      annotations: annotationsOf('good', {
        'twofold.dev/ticket': (annotationsOf('good')['twofold.dev/ticket'] ?? '').replace(/\.(.)/, (_, c) =>
          c === 'e' ? '.f' : '.e',
        ),
      }),
      says: [/get a new/, /\(ticket_(malformed|not_authentic)\)/],
    }),
    'no ticket at all': () => ({
      annotations: { 'twofold.dev/secrets': secret },
      says: [/twofold\.dev\/ticket: there is no ticket/, /POST \/api\/v1\/tickets/, /\(no_identity\)/],
    }),
    'a forbidden path': () => ({
      annotations: annotationsOf('good', { 'twofold.dev/mount-path': '/usr/lib' }),
      says: [
        /twofold\.dev\/mount-path: it belongs to the image .*for example \/secrets/,
        /\(mount_path_forbidden\)/,
      ],
    }),
    'a path that is taken': () => ({
      annotations: annotationsOf('good'),
      containers: [container({ name: 'main', volumeMounts: [{ name: 'own', mountPath: '/secrets/own' }] })],
      spec: { volumes: [{ name: 'own', emptyDir: {} }] },
      says: [/already mounts .*\/secrets\/own.*choose another path/, /\(mount_path_taken\)/],
    }),
    'a reserved label': () => ({
      annotations: annotationsOf('good'),
      labels: { 'twofold.dev/session': 'f'.repeat(32) },
      says: [
        /already carries label twofold\.dev\/session, which only Twofold may add; .*strip/,
        /\(reserved_names\)/,
      ],
    }),
    'a reserved volume and init container': () => ({
      annotations: annotationsOf('good'),
      spec: {
        volumes: [{ name: 'twofold-files', emptyDir: {} }],
        initContainers: [container({ name: 'twofold-init', command: ['true'] })],
      },
      says: [/container twofold-init, volume twofold-files/, /\(reserved_names\)/],
    }),
    'a misspelt annotation': () => ({
      annotations: annotationsOf('good', { 'twofold.dev/mountpath': '/secrets' }),
      says: [
        /twofold\.dev\/mountpath: remove it, or use one of .*twofold\.dev\/mount-path/,
        /\(annotation_unknown\)/,
      ],
    }),
    'several containers, and none named': () => ({
      annotations: annotationsOf('good'),
      containers: [container({ name: 'main' }), container({ name: 'proxy' })],
      says: [/twofold\.dev\/containers: .*\(main, proxy\).*name those here/, /\(container_ambiguous\)/],
    }),
    'the node’s network, without the cluster’s DNS': () => ({
      annotations: annotationsOf('good'),
      spec: { hostNetwork: true },
      says: [/set dnsPolicy: ClusterFirstWithHostNet/, /\(claim_unreachable\)/],
    }),
    'a nonexistent container': () => ({
      annotations: annotationsOf('good', { 'twofold.dev/containers': 'mian' }),
      says: [/twofold\.dev\/containers: .*mian/, /\(container_unknown\)/],
    }),
  };
}
