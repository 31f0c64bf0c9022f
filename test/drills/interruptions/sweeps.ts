/** What is left of sessions, and two sweeps of the webhook's own janitor, as the webhook's account. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubernetesApi } from '#platform/kubernetes.ts';
import { createLog } from '#platform/log.ts';
import { createJanitor } from '../../../webhook/janitor.ts';
import { sessions, type Drill } from '../cluster.ts';

const GRACE_SECONDS = 1;

interface Labelled {
  readonly items: readonly {
    readonly metadata: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly ownerReferences?: readonly { readonly kind: string }[];
    };
  }[];
}

const SESSION_LABEL = 'twofold.dev/session';

/** Sessions that have an object of this kind and no pod; without those whose pod has gone, if the janitor leaves these to Kubernetes. */
export async function orphans(
  { admin }: Drill,
  kind: 'leases' | 'secrets',
  { adopted = true } = {},
): Promise<string[]> {
  const api = kind === 'leases' ? '/apis/coordination.k8s.io/v1' : '/api/v1';
  const { items } = await admin.must<Labelled>('GET', `${api}/namespaces/${sessions}/${kind}`);
  const pods = await admin.must<Labelled>('GET', `/api/v1/namespaces/${sessions}/pods`);
  const present = new Set(pods.items.map(({ metadata }) => metadata.labels?.[SESSION_LABEL]));
  return items.flatMap(({ metadata: { labels, ownerReferences = [] } }) => {
    const sid = labels?.[SESSION_LABEL];
    const skipped = !adopted && ownerReferences.some((owner) => owner.kind === 'Pod');
    return sid === undefined || present.has(sid) || skipped ? [] : [sid];
  });
}

/** The second after the grace period of what the first has seen. */
export async function sweepTwice({ stack }: Drill): Promise<void> {
  const tokenFile = join(stack.dir, 'tokens', 'webhook.kubernetes');
  const caFile = join(stack.dir, 'kubernetes-ca.crt');
  if (readFileSync(caFile, 'utf8') !== stack.kubernetes.ca)
    throw new Error('not the roots of the API server');
  const log = createLog({ service: 'webhook', level: 'error', write: () => undefined });
  const api = createKubernetesApi(
    { kubernetesUrl: stack.kubernetes.url, kubernetesTokenFile: tokenFile, kubernetesCaFile: caFile },
    { log },
  );
  let now = 0;
  const config = { namespaces: [sessions], graceSeconds: GRACE_SECONDS };
  const janitor = createJanitor({ api, monotonic: () => now, log }, config);
  await janitor.sweep(() => true);
  now += GRACE_SECONDS * 1000 + 1;
  await janitor.sweep(() => true);
  api.close();
}
