/** The guard (design, section 8), both ways round: what the webhook renders passes, and every change to it is refused. */
import { expect } from 'chai';
import { GUARD_POLICIES } from '../console/core/guard.ts';
import { createAdmissionPolicies, type AdmissionVerdict } from '../scripts/dev/admission-policy.ts';
import { LAUNCHERS, type GuardCase } from './guard-cases/case.ts';
import { forgedPods, validPods, warningCases } from './guard-cases/pods.ts';
import { launcherCases, secretCases, tokenCases } from './guard-cases/requests.ts';
import { tamperedInit } from './guard-cases/tampered-init.ts';
import { tamperedPods } from './guard-cases/tampered-pod.ts';
import { ephemeralCases, updateCases } from './guard-cases/updates.ts';
import { createGuard, guardDocuments, podCreation } from './guard.ts';
import { renderOwn } from './kustomize.ts';
import { CLAIM_URL, IMAGE, plainPod, sessionPod } from './session-pod.ts';

const parameters = { image: IMAGE, claimUrl: CLAIM_URL, launchers: LAUNCHERS };
const guard = createGuard(parameters);

function expectVerdict({ denied, says, warned }: GuardCase, verdict: AdmissionVerdict): void {
  const policies = [...new Set(verdict.denied.map(({ policy }) => policy))];
  expect(policies, JSON.stringify(verdict)).to.deep.equal(denied ? [denied] : []);
  expect(verdict.warnings).to.have.length(warned ? 1 : 0);
  if (says) expect(verdict.denied[0]?.message ?? verdict.warnings[0]).to.match(says);
  for (const { message } of verdict.denied)
    expect(message).not.to.match(/resulted in error|failed expression/);
}

const CASES: Readonly<Record<string, readonly GuardCase[]>> = {
  pods: [...validPods, ...warningCases],
  'rendered pods with our init container changed': tamperedInit,
  'rendered pods with anything else changed': tamperedPods,
  'pods that the webhook never saw': forgedPods,
  'the launcher’s annotation': launcherCases,
  'changes to pods': updateCases,
  'ephemeral containers': ephemeralCases,
  tokens: tokenCases,
  Secrets: secretCases,
};

describe('guard', () => {
  for (const [about, cases] of Object.entries(CASES)) {
    describe(about, () => {
      for (const guardCase of cases) {
        const verb = guardCase.denied ? 'refuses' : guardCase.warned ? 'warns of' : 'allows';
        it(`${verb}: ${guardCase.title}`, () => expectVerdict(guardCase, guard.review(guardCase.request)));
      }
    });
  }
});

describe('guard without params', function () {
  this.timeout(180_000);

  it('judges every case as the one with params does', () => {
    const component = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n';
    const launchers = `patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: twofold-settings}\n    data: {launchers: ${JSON.stringify(LAUNCHERS)}}\n`;
    const objects = renderOwn((manifests) => ({
      'kustomization.yaml': `resources: [${manifests}/overlays/sqlite]\ncomponents: [launchers, ${manifests}/components/guard-without-params]\n`,
      'launchers/kustomization.yaml': component + launchers,
    }));
    expect(objects.filter(({ metadata }) => metadata?.name === 'twofold-guard')).to.deep.equal([]);
    const policies = createAdmissionPolicies(objects);
    for (const guardCase of Object.values(CASES).flat()) {
      expectVerdict(guardCase, policies.review(guardCase.request));
    }
  });
});

describe('guard documents', () => {
  const documents = guardDocuments(parameters);
  const named = (kind: string): string[] =>
    documents
      .filter((d) => d.kind === kind)
      .map((d) => d.metadata?.name ?? '')
      .sort();

  it('has the policies that the console asks for, each failing closed and bound to deny', () => {
    for (const kind of ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']) {
      expect(named(kind)).to.deep.equal([...GUARD_POLICIES, 'twofold-order'].sort());
    }
    for (const name of GUARD_POLICIES) {
      const [policy, binding] = documents.filter((d) => d.metadata?.name === name);
      expect(policy).to.have.nested.property('spec.failurePolicy', 'Fail');
      expect(binding).to.have.nested.property('spec.policyName', name);
      expect(binding).to.have.deep.nested.property('spec.validationActions', ['Deny']);
    }
  });

  it('refuses every pod while its parameters are missing, and no update of a plain pod', () => {
    const without = createAdmissionPolicies(documents.filter((d) => d.kind !== 'ConfigMap'));
    expect(without.review(podCreation(plainPod())).denied.map((d) => d.policy)).to.deep.equal([
      'twofold-shape',
    ]);
    const plain = updateCases.find(({ title }) => title === 'a plain pod is changed');
    expect(plain && without.review(plain.request).denied).to.deep.equal([]);
  });

  it('accepts each of several images while an upgrade is under way', () => {
    const both = createGuard({ ...parameters, image: `${IMAGE}\ntwofold-injector:0.2.0` });
    const pod = sessionPod();
    expect(both.review(podCreation(pod)).denied).to.deep.equal([]);
    pod.spec.initContainers[0]!.image = 'twofold-injector:0.2.0';
    expect(both.review(podCreation(pod)).denied).to.deep.equal([]);
    pod.spec.initContainers[0]!.image = '';
    expect(both.review(podCreation(pod)).denied).not.to.deep.equal([]);
  });
});
