import { expect } from 'chai';
import { guardCases } from '../../manifests/guard-cases/all.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { verdictOf } from '../guard-requests.ts';
import { connect } from './cluster/connection.ts';
import { connectGuard, type InstalledGuard } from './cluster/guard-requests.ts';

/** Cases that cannot be tested on this API server, and why. */
const NOT_DRIVEN: Readonly<Record<string, string>> = {
  "the kubelet asks for a session's token":
    'NodeRestriction requires a pod on that node: every session does it',
  'a finalizer of a pod that would not pass today is removed':
    'such a pod cannot be created: see guarded-pods.e2e.ts',
  "one launcher does in another's namespace": 'there is one launcher here',
  'a launcher outside the cluster does, whose credentials belong to no pod': 'there is one launcher here',
  'the kubelet requests the token of the launcher’s pod':
    'NodeRestriction requires a pod on that node: the hub of kubespawner.e2e.ts has such a token',
  'an editor requests a token of an account of the same name elsewhere': 'there is no such account',
  'Kubernetes annotates an existing Secret of the launcher’s account': 'such a Secret cannot be created',
};

/** What a case is about, in one line; the tests of the guard compare the messages (manifests/guard.test.ts). */
function lineOf(policy: string | undefined, warned: boolean): string {
  return policy ?? `allowed${warned ? ', with a warning' : ''}`;
}

describe('the guard, evaluated by a real API server past the webhook', () => {
  const cluster = connect();
  let guard: InstalledGuard;

  before(async () => {
    guard = await connectGuard(createApi(cluster.config), cluster.endpoints.launcher);
  });
  after(() => guard.close());

  for (const [about, all] of Object.entries(guardCases)) {
    const cases = all.filter(({ title }) => !(title in NOT_DRIVEN));
    it(`decides as in its own tests: ${cases.length} requests about ${about}`, async () => {
      const expected: string[] = [];
      const found: string[] = [];
      for (const { title, request, denied, says, warned } of cases) {
        const verdict = verdictOf(await guard.send(guard.localise(request)));
        const [refusal] = verdict.denied;
        expected.push(`${title} → ${lineOf(denied, warned ?? false)}`);
        found.push(`${title} → ${lineOf(refusal?.policy, verdict.warnings.length > 0)}`);
        if (says) expect(refusal?.message ?? verdict.warnings[0], title).to.match(says);
      }
      expect(found).to.deep.equal(expected);
    });
  }

  it('is tested with all of its cases except those with a reason', () => {
    const all = Object.values(guardCases).flatMap((cases) => cases.map(({ title }) => title));
    expect(all).to.include.members(Object.keys(NOT_DRIVEN));
  });
});
