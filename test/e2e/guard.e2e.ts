import { expect } from 'chai';
import { guardCases } from '../../manifests/guard-cases/all.ts';
import type { GuardCase } from '../../manifests/guard-cases/case.ts';
import {
  createAdmissionPolicies,
  type AdmissionPolicies,
} from '../../scripts/dev/admission-policy/policy.ts';
import { createApi, type ApiAnswer } from './api.ts';
import { connect } from './cluster.ts';
import { createGuardRequests, type GuardRequests } from './guard-requests.ts';

/** Cases that cannot be brought before this API server, and why. */
const NOT_DRIVEN: Readonly<Record<string, string>> = {
  "the kubelet asks for a session's token": 'NodeRestriction wants a pod on that node: every session does it',
  'a finalizer of a pod that would not pass today is removed':
    'such a pod cannot be made: see guarded-pods.e2e.ts',
  "one launcher does in another's namespace": 'there is one launcher here',
  'a launcher outside the cluster does, whose credentials are of no pod': 'there is one launcher here',
  'the kubelet asks for the token of the launcher’s pod':
    'NodeRestriction wants a pod on that node: the hub of kubespawner.e2e.ts has such a token',
  'an editor asks for a token of an account of the same name elsewhere': 'there is no such account',
  'Kubernetes notes something on a Secret of the launcher’s account that was there before':
    'such a Secret cannot be made',
};

const DENIED = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: ([^]*)$/;

/** In one line, wherever the verdict comes from. */
const inALine = (policy: string | undefined, message: string, warned: boolean): string =>
  policy === undefined
    ? `allowed${warned ? ', with a warning' : ''}`
    : `${policy}: ${message.replaceAll(/\s+/g, ' ').trim()}`;

const offlineLine = (policies: AdmissionPolicies, request: GuardCase['request']): string => {
  const { denied, warnings } = policies.review(request);
  return inALine(denied[0]?.policy, denied[0]?.message ?? '', warnings.length > 0);
};

const realLine = ({ status, message, warnings }: ApiAnswer): string => {
  const [, policy, said = ''] = DENIED.exec(message) ?? [];
  if (status >= 300 && policy === undefined) return `${status} ${message}`;
  return inALine(policy, said, warnings.includes('ValidatingAdmissionPolicy'));
};

/** CEL goes through an object's keys in no order. */
const inOrder = (line: string): string =>
  line.replace(/(?<=never sets: )[\w, ]+/, (keys) => keys.split(', ').sort().join(', '));

describe('the guard, asked by a real API server past the webhook', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  let guard: GuardRequests;
  let offline: AdmissionPolicies;

  before(async () => {
    guard = await createGuardRequests(api, cluster.endpoints.launcher);
    offline = createAdmissionPolicies(guard.applied);
  });
  after(() => guard.close());

  for (const [about, all] of Object.entries(guardCases)) {
    const cases = all.filter(({ title }) => !(title in NOT_DRIVEN));
    it(`judges as its tests without a cluster do: ${cases.length} requests about ${about}`, async () => {
      const expected: string[] = [];
      const found: string[] = [];
      for (const { title, request, denied } of cases) {
        const local = guard.localise(request);
        const line = offlineLine(offline, local);
        // The case still means what it meant before it was made this installation's.
        expect(/^[^:]+(?=:)/.exec(line)?.[0], title).to.equal(denied);
        expected.push(`${title} → ${inOrder(line)}`);
        found.push(`${title} → ${inOrder(realLine(await guard.send(local)))}`);
      }
      expect(found).to.deep.equal(expected);
    });
  }

  it('is asked all of its cases but those that say why not', () => {
    const all = Object.values(guardCases).flatMap((cases) => cases.map(({ title }) => title));
    expect(all).to.include.members(Object.keys(NOT_DRIVEN));
  });
});
