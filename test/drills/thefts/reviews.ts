/** Attempts to be the API server to the webhook: reviews of pods that nobody created. */
import { annotations as keys } from '#envelope/annotations.ts';
import type { Attempt } from './attempt.ts';
import { claimsOf } from './forging.ts';
import { readSessionSecrets } from './kubernetes.ts';
import type { Holding, Leaf } from './loot.ts';
import { createOpener } from './openings.ts';
import { openPorts } from './ports.ts';
import type { Report } from './report.ts';
import { hub, stored, users, type World } from './world.ts';

/** As the API server would ask for a pod of the hub's, or for one with this ticket. */
function reviewOf(namespace: string, name: string, annotations: Readonly<Record<string, string>>): object {
  const extra = { 'authentication.kubernetes.io/pod-uid': ['of-the-hub'] };
  const spec = { containers: [{ name: 'main', image: 'thief' }] };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'forged',
      operation: 'CREATE',
      namespace,
      userInfo: { username: hub.username, extra },
      object: { metadata: { name, annotations }, spec },
      resource: { group: '', version: 'v1', resource: 'pods' },
    },
  };
}

interface Reviewed {
  readonly response: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly status?: { readonly details: { readonly causes: readonly { readonly reason: string }[] } };
  };
}

/** What the webhook would add to the pod, by the way to it. */
function additionsIn(patch: string): { readonly metadata: object; readonly spec: object } {
  // The webhook's own.
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as {
    path: string;
    value: unknown;
  }[];
  const under = (path: string): unknown[] =>
    operations.filter((each) => each.path.startsWith(path)).flatMap(({ value }) => value);
  return {
    metadata: { labels: under('/metadata/labels')[0] },
    spec: {
      volumes: under('/spec/volumes'),
      initContainers: under('/spec/initContainers'),
      containers: [{ name: 'main', image: 'thief' }],
    },
  };
}

async function forgeReview(
  leaf: Leaf,
  podRequest: { readonly namespace: string; readonly annotations: Readonly<Record<string, string>> },
  held: Holding,
  world: World,
  report: Report,
): Promise<void> {
  const name = `forged-${Math.random().toString(36).slice(2)}`;
  const { namespace, annotations } = podRequest;
  const answer = await world.post(
    world.urls.webhook,
    { ca: world.ca, ...leaf },
    reviewOf(namespace, name, annotations),
  );
  if (answer.status !== 200) {
    report.stopped(answer.code);
    return;
  }
  const { response } = answer.body as Reviewed; // the webhook's own
  for (const { reason } of response.status?.details.causes ?? []) report.stopped(reason);
  if (response.patch === undefined) return;
  const { metadata, spec } = additionsIn(response.patch);
  // The pod that was never created is now made after all, with what asks for a review and without.
  for (const bearer of [...held.accounts, ...held.serviceTokens]) {
    for (const asking of [{}, annotations]) {
      const made = await world.startPod(bearer, { namespace, name, annotations: asking, metadata, spec });
      for (const file of made.files) report.read(file);
      if (made.files.length === 0) report.stopped(made.code);
    }
  }
}

const forgeReviews: Attempt = {
  name: 'ask as the API server does',
  needs: [['leaves', 'roots']],
  uses: ['tickets', 'accounts', 'serviceTokens', 'editors', 'rows', 'atRestKeys'],
  control: { sets: ['apiserver-webhook', 'editor', 'database', 'at-rest'], reads: 'bob/stored' },
  run: async (held, world, report) => {
    const [leaf] = (await openPorts(held, world, report)).mutate;
    if (!leaf) return;
    for (const user of users) {
      const annotations = { [keys.files.key]: stored[user].join(','), [hub.annotation]: user };
      await forgeReview(leaf, { namespace: hub.namespace, annotations }, held, world, report);
    }
    for (const ticket of held.tickets) {
      const { ns: namespace, secrets } = claimsOf(ticket);
      const annotations = { [keys.files.key]: secrets.join(','), [keys.ticket.key]: ticket };
      await forgeReview(leaf, { namespace, annotations }, held, world, report);
    }
    // Sessions have been opened, and their Secrets made.
    const opener = createOpener(held, report);
    const bearers = [...held.editors, ...held.serviceTokens, ...held.accounts];
    for (const { id, token } of await readSessionSecrets(bearers, world, report))
      await opener.innerById(token, id);
  },
};

export const reviews: readonly Attempt[] = [forgeReviews];
