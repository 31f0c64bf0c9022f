/**
 * Webhooks that are called again because Twofold's changed the pod: what they do then, after their sources, passes the
 * guard, since they pass over the init container or do no harm to it (docs/design.md#neighbours).
 */
import { expect } from 'chai';
import jsonPatch from 'fast-json-patch';
import { guardJudge, type GuardJudge } from '../test/guard-judge.ts';
import { admitWith, goldenConfig, readReview, requestOf } from '../test/reviews.ts';
import { podCreation } from './guard-cases/case.ts';
import { guardDocuments } from './guard.ts';
import type { Container, Pod } from './session-pod.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const config = { ...goldenConfig, image: `registry.example.org/twofold/injector:0.1.0@${DIGEST}` };

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
