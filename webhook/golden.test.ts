import { expect } from 'chai';
import jsonPatch from 'fast-json-patch';
import { readFileSync } from 'node:fs';
import { restrictedViolations } from '../test/pod-security.ts';
import {
  admitWith,
  goldenConfig,
  goldenOf,
  GOLDEN_SID,
  readReview,
  requestOf,
  reviewNames,
  sessionRequest,
} from '../test/reviews.ts';
import { additionsOf } from './additions.ts';
import type { Operation } from './patch.ts';
import { parsePod } from './pod.ts';
import { initResources } from './resources.ts';
import { describeRefusals, type ReviewRequest } from './review.ts';
import { renderPod } from './testing/render.ts';
import { effectiveLimit, effectiveRequest, qosClass } from './testing/resources.ts';

const names = reviewNames();
const bothWays = [false, true] as const;
/** As the goldens', and a pull secret: what is promised holds for that too. */
const config = { ...goldenConfig, pullSecrets: ['twofold-registry'] };

interface Injected {
  readonly request: ReviewRequest;
  readonly patch: readonly Operation[];
  readonly rendered: unknown;
}

/** The pod after the patch, applied by fast-json-patch with its checks on. */
function patched(object: unknown, patch: readonly Operation[]): unknown {
  return jsonPatch.applyPatch(structuredClone(object), structuredClone(patch), true).newDocument;
}

async function inject(name: string, envEnabled: boolean): Promise<Injected | undefined> {
  const request = sessionRequest(name);
  const { verdict, plan, sid } = await admitWith({ ...config, envEnabled })(request, Infinity);
  if (!verdict.allowed || !plan || sid === undefined) return undefined;
  const zeros = '0'.repeat(64);
  const sizes = new Map(plan.names.map((secret) => [secret, 24]));
  const resources = initResources(parsePod(request.object), 0)!;
  const session = { sid, grantSha256: zeros, caSha256: zeros, sizes, resources };
  const init = verdict.patch.find(({ path }) => path.startsWith('/spec/initContainers'))?.value;
  // A list where the pod had none.
  const [first] = (Array.isArray(init) ? init : [init]) as [{ env: { name: string; value: string }[] }];
  const hash = (variable: string): string => first.env.find((each) => each.name === variable)!.value;
  const hashes = { grantSha256: hash('TWOFOLD_GRANT_SHA256'), caSha256: hash('TWOFOLD_CA_SHA256') };
  const additions = additionsOf(plan, { ...session, ...hashes }, config);
  return { request, patch: verdict.patch, rendered: renderPod(request.object, additions) };
}

describe('the captured reviews', () => {
  it('are 53, each with a golden outcome', () => {
    expect(names).to.have.length(53);
  });

  for (const name of names) {
    describe(name, () => {
      it('has its golden outcome, with variables off and on', async () => {
        const golden: unknown = JSON.parse(
          readFileSync(new URL(`../test/goldens/${name}.json`, import.meta.url), 'utf8'),
        );
        expect(JSON.parse(JSON.stringify(await goldenOf(name)))).to.deep.equal(golden);
      });

      for (const envEnabled of bothWays) {
        const how = envEnabled ? 'variables on' : 'variables off';
        it(`keeps its promises to the pod, ${how}`, async () => {
          const injected = await inject(name, envEnabled);
          if (!injected) return; // refused or untouched, as the golden says
          const { request, patch, rendered } = injected;
          expect(patched(request.object, patch), 'patch applied = rendered pod').to.deep.equal(rendered);
          const before = parsePod(request.object);
          const after = parsePod(rendered);
          expect(qosClass(after), 'QoS class').to.equal(qosClass(before));
          for (const resource of ['cpu', 'memory', 'ephemeral-storage', 'nvidia.com/gpu']) {
            expect(effectiveRequest(after, resource), resource).to.equal(effectiveRequest(before, resource));
            expect(effectiveLimit(after, resource), resource).to.equal(effectiveLimit(before, resource));
          }
          expect(after.initContainers?.[0]?.name, 'first init container').to.equal('twofold-init');
          const ours = restrictedViolations(rendered).filter((violation) => violation.includes('twofold'));
          expect(ours, 'Pod Security restricted').to.deep.equal([]);
          if (restrictedViolations(request.object).length === 0) {
            expect(restrictedViolations(rendered)).to.deep.equal([]);
          }
        });

        it(`is refused as carrying reserved names when its result is reviewed again, ${how}`, async () => {
          const injected = await inject(name, envEnabled);
          if (!injected) return;
          const again = { ...injected.request, object: injected.rendered };
          const { verdict } = await admitWith({ envEnabled })(again, Infinity);
          if (verdict.allowed) throw new Error('admitted twice');
          expect(verdict.refusals.map(({ code }) => code)).to.deep.equal(['reserved_names']);
          expect(describeRefusals(verdict.refusals)).to.contain('twofold-init').and.contain('strip');
        });
      }
    });
  }

  it('that satisfy Pod Security restricted are still among them', () => {
    const restricted = names.filter(
      (name) => restrictedViolations(requestOf(readReview(name)).object).length === 0,
    );
    expect(restricted).to.include.members(['restricted-namespace', 'restricted-namespace-job']);
  });

  it('lead to the same operations in a dry run, except for session id and hashes', async () => {
    for (const name of names) {
      const request = sessionRequest(name);
      const real = await admitWith({ envEnabled: true })({ ...request, dryRun: false }, Infinity);
      const dry = await admitWith({ envEnabled: true })({ ...request, dryRun: true }, Infinity);
      const masked = (value: unknown): string =>
        JSON.stringify(value)
          .replaceAll(GOLDEN_SID, '0'.repeat(32))
          .replaceAll(/"value":"[0-9a-f]{64}"/g, `"value":"${'0'.repeat(64)}"`);
      expect(dry.verdict.allowed, name).to.equal(real.verdict.allowed);
      if (dry.verdict.allowed && real.verdict.allowed) {
        expect(masked(dry.verdict.patch), name).to.equal(masked(real.verdict.patch));
      }
    }
  });
});
