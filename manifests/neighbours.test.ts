/**
 * Webhooks that are called again because Twofold's changed the pod: what they do then, after their sources, passes the
 * guard, since they pass over the init container or do no harm to it (docs/design.md#neighbours).
 */
import { expect } from 'chai';
import jsonPatch from 'fast-json-patch';
import type { ApiAnswer } from '../scripts/dev/api.ts';
import { controlPlane, createApi } from '../test/control-plane.ts';
import { startMutatingWebhook, type Operation } from '../test/e2e/cluster/mutating-webhook.ts';
import { guardJudge, type GuardJudge } from '../test/guard-judge.ts';
import { admitWith, goldenConfig, readReview, requestOf } from '../test/reviews.ts';
import { podCreation } from './guard-cases/case.ts';
import { guardDocuments } from './guard.ts';
import type { Container, Pod } from './session-pod.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const config = { ...goldenConfig, image: `registry.example.org/twofold/injector:0.1.0@${DIGEST}` };

type Operations = readonly Operation[];

function containersOf({ spec }: Pod): readonly Container[] {
  return [...spec.initContainers, ...spec.containers];
}

/** Adds what the container does not have yet. */
function identify(container: Container, variables: Readonly<Record<string, string>>, volume: string): void {
  const { env = [], volumeMounts = [] } = container;
  const missing = Object.entries(variables).filter(([name]) => env.every((each) => each.name !== name));
  container.env = [...env, ...missing.map(([name, value]) => ({ name, value }))];
  if (volumeMounts.some(({ name }) => name === volume)) return;
  container.volumeMounts = [
    ...volumeMounts,
    { name: volume, mountPath: `/var/run/secrets/${volume}`, readOnly: true },
  ];
}

function azureWorkloadIdentity(pod: Pod): void {
  const skipped = (pod.metadata.annotations['azure.workload.identity/skip-containers'] ?? '')
    .split(';')
    .map((name) => name.trim());
  for (const container of containersOf(pod))
    if (!skipped.includes(container.name))
      identify(container, { AZURE_CLIENT_ID: 'a', AZURE_FEDERATED_TOKEN_FILE: 'f' }, 'azure-identity-token');
}

function eksPodIdentity(pod: Pod): void {
  const list = pod.metadata.annotations['eks.amazonaws.com/skip-containers'] ?? '';
  const skipped = (list.split('\n')[0] ?? '').split(',');
  for (const container of containersOf(pod))
    if (!skipped.includes(container.name))
      identify(
        container,
        { AWS_REGION: 'r', AWS_CONTAINER_CREDENTIALS_FULL_URI: 'u' },
        'eks-pod-identity-token',
      );
}

/** As the SCC `restricted` does: what it requires to be dropped, sorted in. */
function securityContextConstraints(pod: Pod): void {
  for (const container of containersOf(pod)) {
    const { capabilities, ...rest } = container.securityContext ?? {};
    const { drop = [] } = (capabilities ?? {}) as { drop?: string[] };
    const all = [...new Set([...drop, 'KILL', 'MKNOD', 'SETGID', 'SETUID'])].sort();
    container.securityContext = { ...rest, capabilities: { drop: all } };
  }
}

function registryMirror(pod: Pod): void {
  for (const container of containersOf(pod))
    container.image = container.image.replace(/^([^/@]+\.[^/@]+\/)?/, 'mirror.example.org/');
}

interface Rendered {
  readonly pod: Pod;
  readonly namespace: string;
}

/** The pod as the webhook leaves it. */
async function rendered(review: string): Promise<Rendered> {
  const { object, ...request } = requestOf(readReview(review));
  const { verdict } = await admitWith(config)({ ...request, object }, Infinity);
  if (!verdict.allowed) throw new Error(`${review} is refused`);
  const [pod, patch] = structuredClone([object, verdict.patch] as const);
  // A review of a pod.
  return {
    pod: jsonPatch.applyPatch(pod, patch, true).newDocument as Pod,
    namespace: request.namespace,
  };
}

const NEIGHBOURS = [
  { review: 'azure-workload-identity', again: azureWorkloadIdentity },
  { review: 'eks-pod-identity', again: eksPodIdentity },
  { review: 'openshift-restricted', again: securityContextConstraints },
  { review: 'kyverno-mirrored-images', again: registryMirror },
] as const;

const SKIP_ANNOTATIONS = [
  ['azure-workload-identity', azureWorkloadIdentity, 'azure.workload.identity/skip-containers'],
  ['eks-pod-identity', eksPodIdentity, 'eks.amazonaws.com/skip-containers'],
] as const;

const LABEL = 'neighbours.example.org/called';

/** Twofold's webhook and this one in front of it, both really called by the API server; what it says of the pod in the end. */
async function createdBetween(review: string, again: (pod: Pod) => void): Promise<ApiAnswer> {
  const api = createApi((await controlPlane('guard')).admin);
  const request = requestOf(readReview(review));
  const { namespace } = request;
  const { metadata, spec } = request.object as Pod; // a review of one
  const { name, annotations, labels } = metadata;
  const start = (webhook: string, mutate: (pod: unknown) => Promise<Operations>, calledAgain: boolean) =>
    startMutatingWebhook(api, {
      name: webhook,
      label: LABEL,
      namespace,
      address: '127.0.0.1',
      again: calledAgain,
      mutate,
    });
  const neighbour = await start(
    'aa-neighbour',
    (seen) => {
      const pod = structuredClone(seen) as Pod; // the API server's
      // Others, by which the start is noticed, have nothing to change.
      if (pod.metadata.name === name) again(pod);
      return Promise.resolve(jsonPatch.compare(seen as object, pod) as Operations);
    },
    true,
  );
  const twofold = await start(
    'zz-twofold',
    async (object) => {
      const { verdict } = await admitWith(config)({ ...request, object }, Infinity);
      return verdict.allowed ? verdict.patch : [];
    },
    false,
  );
  const body = { metadata: { name, annotations, labels: { ...labels, [LABEL]: 'yes' } }, spec };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  try {
    return await api.call({ method: 'POST', path, body });
  } finally {
    await neighbour.close();
    await twofold.close();
  }
}

describe('neighbours that are called again after Twofold', function () {
  this.timeout(60_000);
  let judge: GuardJudge;

  before(async () => {
    judge = await guardJudge();
    const all = await Promise.all(NEIGHBOURS.map(({ review }) => rendered(review)));
    await judge.prepare(all.map(({ pod, namespace }) => podCreation(pod, { namespace })));
    await judge.use(guardDocuments({ image: config.image, claimUrl: config.claimUrl }));
  });

  for (const { review, again } of NEIGHBOURS) {
    it(`leave a pod that passes: ${review}`, async () => {
      const { pod, namespace } = await rendered(review);
      again(pod);
      const verdict = await judge.review(podCreation(pod, { namespace }));
      expect(verdict).to.deep.equal({ denied: [], warnings: [] });
    });
  }

  it('are really called again by an API server, which then admits the pod', async () => {
    const { status, message, body } = await createdBetween('azure-workload-identity', azureWorkloadIdentity);
    expect(status, message).to.equal(201);
    const { initContainers } = (body as Pod).spec; // just created
    expect(
      initContainers.map(({ name, env }) => [name, JSON.stringify(env).includes('AZURE_')]),
    ).to.deep.equal([
      ['twofold-init', false],
      ['git-clone', true],
    ]);
  });

  it('are refused by it where they do not heed the annotation', async () => {
    const heedless = (pod: Pod): void =>
      azureWorkloadIdentity({ ...pod, metadata: { ...pod.metadata, annotations: {} } });
    const { status, message } = await createdBetween('azure-workload-identity', heedless);
    expect(status).to.be.above(400);
    expect(message).to.contain('added AZURE_CLIENT_ID').and.contain('skip-containers must name twofold-init');
  });

  for (const [review, again, key] of SKIP_ANNOTATIONS) {
    it(`are refused with the annotation that is missing, where somebody removed it: ${key}`, async () => {
      const { pod, namespace } = await rendered(review);
      const kept = Object.entries(pod.metadata.annotations).filter(([each]) => each !== key);
      pod.metadata.annotations = Object.fromEntries(kept);
      again(pod);
      const { denied } = await judge.review(podCreation(pod, { namespace }));
      expect(denied[0]).to.have.property('policy', 'twofold-shape');
      expect(denied[0]?.message).to.contain('environment of twofold-init').and.contain(key);
    });
  }
});
