/** What a development cluster needs from Kubernetes, and what Twofold applies to it. Development tool, no zone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardLines } from '#platform/launchers.ts';
import { caBundle } from '../../certs/store.ts';
import { guardDocuments } from '../../manifests/guard.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { claimUrl, development, launchersOf, leafOf, mutateUrl, type Environment } from './environment.ts';
import { startStandIn } from './kubernetes/server.ts';
import { sessionNamespaces } from './settings.ts';

export interface Cluster {
  readonly url: string;
  /** PEM: the roots of its certificate. */
  readonly ca: string;
  /** A bearer for a service account (`system:serviceaccount:NS:NAME`), or for `users` below. */
  token(username: keyof typeof users | `system:serviceaccount:${string}`): Promise<string>;
  /** Adds or replaces documents, as an administrator. Resolves once requests are judged by them. */
  apply(documents: readonly KubernetesObject[]): Promise<void>;
  /** Binds a pod to the kubelet's node, as a scheduler does. */
  schedule(namespace: string, pod: string): Promise<void>;
  close(): Promise<void>;
}

export type StartCluster = (environment: Environment, issuer: string) => Promise<Cluster>;

/** The node on which the stand-in kubelet runs pods. */
export const NODE = 'development';

/** Users with a bearer, and their groups. */
export const users = {
  admin: ['system:masters'],
  [`system:node:${NODE}`]: ['system:nodes'],
} as const;

/** A file with a bearer for the API server. */
export async function writeToken(
  { dir }: Environment,
  cluster: Cluster,
  name: string,
  user: Parameters<Cluster['token']>[0],
): Promise<string> {
  const file = join(dir, 'tokens', `${name}.kubernetes`);
  writeFileSync(file, await cluster.token(user), { mode: 0o600 });
  return file;
}

function readManifests(file: string): KubernetesObject[] {
  return parseManifests(readFileSync(new URL(`../../manifests/${file}`, import.meta.url), 'utf8'));
}

/** The rights of the services. */
export function roles(): KubernetesObject[] {
  return [...readManifests('base/rbac.yaml'), ...readManifests('components/namespace-rules/roles.yaml')];
}

/** The stand-in for an API server, which starts immediately. */
export const startStandInCluster: StartCluster = async (environment, issuer) => {
  const ca = readFileSync(environment.caFile, 'utf8');
  const server = await startStandIn({
    port: environment.ports.kubernetes,
    tls: leafOf(environment, 'console'),
    webhookClient: leafOf(environment, 'apiserver-webhook'),
    oidc: { issuer, audience: development.audience, ca },
    anonymous: environment.options.anonymous ?? false,
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
export async function register(environment: Environment, cluster: Cluster): Promise<void> {
  const guard = guardDocuments({
    image: development.image,
    claimUrl: claimUrl(environment),
    webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
    launchers: guardLines(launchersOf(environment)).join('\n'),
    namespaces: sessionNamespaces(environment),
    labelSetters: 'User admin',
  });
  const clientConfig = { url: mutateUrl(environment), caBundle: await caBundle(environment.certificates) };
  const admission = readManifests('base/admission.yaml').flatMap((document) => {
    const { webhooks } = document as { webhooks?: readonly object[] }; // a MutatingWebhookConfiguration has some
    return webhooks
      ? [{ ...document, webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig })) }]
      : [];
  });
  await cluster.apply([...guard, ...admission]);
}
