/**
 * What the webhook renders for the captured reviews passes the guard, or no session would ever start
 * (docs/design.md#guard).
 */
import { expect } from 'chai';
import jsonPatch from 'fast-json-patch';
import { podCreation, type AdmissionRequest } from './guard-cases/case.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { guardJudge, type GuardJudge } from '../test/guard-judge.ts';
import { admitWith, goldenConfig, reviewNames, sessionRequest } from '../test/reviews.ts';
import { guardDocuments } from './guard.ts';

const parameters = {
  image: goldenConfig.image,
  claimUrl: goldenConfig.claimUrl,
  launchers: 'system:serviceaccount:fx-jupyter:hub fx-jupyter hub.jupyter.org/username',
};

interface Rendering {
  readonly name: string;
  /** The API server's request about the pod after the patch. */
  readonly creation: AdmissionRequest;
  readonly patched: boolean;
}
interface How {
  readonly envEnabled: boolean;
  readonly dryRun: boolean;
  readonly pullSecrets?: readonly string[];
}

/** Nothing where the webhook refuses the pod, or the review is not about a new pod. */
async function renderingOf(name: string, { dryRun, ...config }: How): Promise<readonly Rendering[]> {
  const request = { ...sessionRequest(name), dryRun };
  const { verdict } = await admitWith(config)(request, Infinity);
  if (!verdict.allowed || !request.createsPod) return [];
  const [object, patch] = structuredClone([request.object, verdict.patch] as const);
  // Reviews of new pods hold pods.
  const pod = jsonPatch.applyPatch(object, patch, true).newDocument as KubernetesObject;
  const { username, namespace, boundPodUid } = request;
  const creation = { ...podCreation(pod, { username, namespace, boundPodUid }), dryRun };
  return [{ name, creation, patched: verdict.patch.length > 0 }];
}

async function renderings(how: How): Promise<readonly Rendering[]> {
  return (await Promise.all(reviewNames().map((name) => renderingOf(name, how)))).flat();
}

describe('guard, given the webhook’s renderings', function () {
  this.timeout(120_000);
  let judge: GuardJudge;

  before(async () => {
    judge = await guardJudge();
    const all = await renderings({ envEnabled: false, dryRun: false });
    await judge.prepare(all.map(({ creation }) => creation));
    await judge.use(guardDocuments(parameters));
  });

  for (const envEnabled of [false, true]) {
    for (const dryRun of [false, true]) {
      const how = `variables ${envEnabled ? 'on' : 'off'}${dryRun ? ', as dry runs' : ''}`;
      it(`allows each without a warning, ${how}`, async () => {
        const all = await renderings({ envEnabled, dryRun });
        expect(all.filter(({ patched }) => patched)).to.have.length.above(30);
        for (const { name, creation } of all) {
          expect(await judge.review(creation), name).to.deep.equal({ denied: [], warnings: [] });
        }
      });
    }
  }

  it('allows pull secrets for the injector’s image', async () => {
    const all = await renderings({ envEnabled: false, dryRun: false, pullSecrets: ['twofold-registry'] });
    const patched = all.filter((rendering) => rendering.patched);
    for (const { name, creation } of patched) {
      expect(JSON.stringify(creation.object), name).to.include('twofold-registry');
      expect(await judge.review(creation), name).to.deep.equal({ denied: [], warnings: [] });
    }
  });

  it('refuses those that name their user if somebody other than the launcher creates them', async () => {
    const all = await renderings({ envEnabled: false, dryRun: false });
    const launched = all.filter(({ name, patched }) => patched && name.startsWith('kubespawner-'));
    expect(launched).to.have.length.above(5);
    for (const { name, creation } of launched) {
      const spoofed = { ...creation, userInfo: { ...creation.userInfo, username: 'alice@example.org' } };
      const { denied } = await judge.review(spoofed);
      expect(
        denied.map(({ policy }) => policy),
        name,
      ).to.deep.equal(['twofold-launcher']);
    }
  });

  it('refuses them if it has other values than the webhook', async () => {
    const all = (await renderings({ envEnabled: true, dryRun: false })).filter(({ patched }) => patched);
    for (const other of [{ image: 'other:1' }, { claimUrl: 'https://other.example.org/claim' }]) {
      await judge.use(guardDocuments({ ...parameters, ...other }));
      for (const { name, creation } of all) {
        expect((await judge.review(creation)).denied, name).to.have.length(1);
      }
    }
  });
});
