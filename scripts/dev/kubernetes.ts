/** The API server of a development cluster, and what of Twofold is applied to it. Development tool, no zone. */
import { readFileSync } from 'node:fs';
import { caBundle } from '../../certs/store.ts';
import { guardDocuments } from '../../manifests/guard.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { startApiServer, type ApiServer } from './api-server/server.ts';
import { claimUrl, development, launchersOf, mutateUrl } from './environments.ts';
import { leafOf, type Ground } from './ground.ts';

const readManifests = (file: string) =>
  parseManifests(readFileSync(new URL(`../../manifests/${file}`, import.meta.url), 'utf8'));

export const startKubernetes = (ground: Ground, issuer: string): Promise<ApiServer> => {
  const ca = readFileSync(ground.caFile, 'utf8');
  return startApiServer({
    host: '127.0.0.1',
    port: 0,
    tls: leafOf(ground, 'console'),
    clientCa: ca,
    webhookClient: leafOf(ground, 'apiserver-webhook'),
    oidc: { issuer, audience: development.audience, ca, usernameClaim: 'email' },
    manifests: [
      ...readManifests('base/rbac.yaml'),
      ...readManifests('components/all-namespaces/role-binding.yaml'),
    ],
    ...(ground.options.anonymous ? { anonymousRole: 'edit' } : {}),
  });
};

/** The guard with this cluster's values, and the webhook configuration with its address instead of its Service. */
export const register = async (ground: Ground, kubernetes: ApiServer): Promise<void> => {
  const lines = launchersOf(ground).flatMap(({ username, namespaces, annotation }) =>
    namespaces.map((namespace) => `${username} ${namespace} ${annotation}`),
  );
  kubernetes.apply(
    guardDocuments({
      image: development.image,
      claimUrl: claimUrl(ground),
      webhookUser: 'system:serviceaccount:twofold-webhook:webhook',
      launchers: lines.join('\n'),
    }),
  );
  const clientConfig = { url: mutateUrl(ground), caBundle: await caBundle(ground.certificates) };
  for (const document of readManifests('base/admission.yaml')) {
    const { webhooks } = document as { webhooks?: readonly object[] }; // a MutatingWebhookConfiguration has some
    if (webhooks)
      kubernetes.apply([
        { ...document, webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig })) },
      ]);
  }
};
