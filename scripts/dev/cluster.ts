/** What a development cluster needs of Kubernetes, and what of Twofold is applied to it. Development tool, no zone. */
import { readFileSync } from 'node:fs';
import { guardLines } from '#platform/launchers.ts';
import { caBundle } from '../../certs/store.ts';
import { guardDocuments } from '../../manifests/guard.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { startStandIn } from './kubernetes/server.ts';
import { claimUrl, development, launchersOf, mutateUrl } from './environments.ts';
import { leafOf, type Ground } from './ground.ts';

export interface Cluster {
  readonly url: string;
  /** PEM: the roots of its certificate. */
  readonly ca: string;
  /** A bearer for a service account (`system:serviceaccount:NS:NAME`), or for `users` below. */
  token(username: keyof typeof users | `system:serviceaccount:${string}`): Promise<string>;
  /** Adds or replaces documents, as an administrator. Resolves once requests are judged by them. */
  apply(documents: readonly KubernetesObject[]): Promise<void>;
  /** Gives a pod to the kubelet, as a scheduler does. */
  schedule(namespace: string, pod: string): Promise<void>;
  close(): Promise<void>;
}

export type StartCluster = (ground: Ground, issuer: string) => Promise<Cluster>;

/** The node on which the stand-in kubelet runs pods. */
export const NODE = 'development';

/** Users with a bearer, and their groups. */
export const users = {
  admin: ['system:masters'],
  [`system:node:${NODE}`]: ['system:nodes'],
} as const;

function readManifests(file: string): KubernetesObject[] {
  return parseManifests(readFileSync(new URL(`../../manifests/${file}`, import.meta.url), 'utf8'));
}

/** The rights of the services. */
export function roles(): KubernetesObject[] {
  return [
    ...readManifests('base/rbac.yaml'),
    ...readManifests('components/all-namespaces/role-binding.yaml'),
  ];
}

/** The stand-in for an API server, which starts at once. */
export const startStandInCluster: StartCluster = async (ground, issuer) => {
  const ca = readFileSync(ground.caFile, 'utf8');
  const server = await startStandIn({
    tls: leafOf(ground, 'console'),
    webhookClient: leafOf(ground, 'apiserver-webhook'),
    oidc: { issuer, audience: development.audience, ca },
    anonymous: ground.options.anonymous ?? false,
  });
  return {
    url: server.url,
    ca,
    close: () => server.close(),
    token: (username) => server.token(username, username in users ? users[username as 'admin'] : []),
    apply: (documents) => {
      server.apply(documents);
      return Promise.resolve();
    },
    schedule: () => Promise.resolve(),
  };
};

/** The guard with this cluster's values, and the webhook configuration with its address instead of its Service. */
export async function register(ground: Ground, cluster: Cluster): Promise<void> {
  const guard = guardDocuments({
    image: development.image,
    claimUrl: claimUrl(ground),
    webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
    launchers: guardLines(launchersOf(ground)).join('\n'),
  });
  const clientConfig = { url: mutateUrl(ground), caBundle: await caBundle(ground.certificates) };
  const admission = readManifests('base/admission.yaml').flatMap((document) => {
    const { webhooks } = document as { webhooks?: readonly object[] }; // a MutatingWebhookConfiguration has some
    return webhooks
      ? [{ ...document, webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig })) }]
      : [];
  });
  await cluster.apply([...guard, ...admission]);
}
