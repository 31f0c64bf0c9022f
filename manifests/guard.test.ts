/** The guard (design, section 8), both ways round: what the webhook renders passes, and every change to it is refused. */
import { expect } from 'chai';
import { GUARD_POLICIES } from '../console/core/guard.ts';
import type { KubernetesObject } from '../scripts/dev/admission-policy/request.ts';
import { createAdmissionPolicies, type AdmissionVerdict } from '../scripts/dev/admission-policy/policy.ts';
import { guardCases } from './guard-cases/all.ts';
import { HUB, LAUNCHERS, USER_KEY, WEBHOOK, type GuardCase } from './guard-cases/case.ts';
import { createGuard, guardDocuments, guardParameters, podCreation } from './guard.ts';
import { renderOwn } from './kustomize.ts';
import { CLAIM_URL, IMAGE, plainPod, sessionPod } from './session-pod.ts';

const parameters = { image: IMAGE, claimUrl: CLAIM_URL, launchers: LAUNCHERS };
const guard = createGuard(parameters);
const OTHER_IMAGE = 'twofold-injector:0.2.0';

const BENDING: Readonly<Record<string, string>> = {
  'an expression': `a''' + '''b`,
  'a quote': "it's",
  'a double quote': 'a"b',
  'a backslash': 'a\\b',
  'a tab': 'a\tb',
};

function expectVerdict({ denied, says, warned }: GuardCase, verdict: AdmissionVerdict): void {
  const policies = [...new Set(verdict.denied.map(({ policy }) => policy))];
  expect(policies, JSON.stringify(verdict)).to.deep.equal(denied ? [denied] : []);
  expect(verdict.warnings).to.have.length(warned ? 1 : 0);
  if (says) expect(verdict.denied[0]?.message ?? verdict.warnings[0]).to.match(says);
  for (const { message } of verdict.denied)
    expect(message).not.to.match(/resulted in error|failed expression/);
}

describe('guard', () => {
  for (const [about, cases] of Object.entries(guardCases)) {
    describe(about, () => {
      for (const guardCase of cases) {
        const verb = guardCase.denied ? 'refuses' : guardCase.warned ? 'warns of' : 'allows';
        it(`${verb}: ${guardCase.title}`, () => expectVerdict(guardCase, guard.review(guardCase.request)));
      }
    });
  }
});

/** kustomize doubles line breaks in folded text, which mean nothing in an expression. */
const unfolded = (documents: readonly KubernetesObject[]): unknown[] =>
  documents.map((document): unknown =>
    JSON.parse(JSON.stringify(document), (_, value: unknown) =>
      typeof value === 'string' ? value.replaceAll(/\n\s*/g, ' ') : value,
    ),
  );

/** The sqlite overlay with some settings changed, as by an operator who builds on it. */
function renderWith(settings: Readonly<Record<string, string>>): KubernetesObject[] {
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'twofold-settings' },
    data: settings,
  };
  const component = {
    ...{ apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' },
    patches: [{ patch: JSON.stringify(patch) }],
  };
  return renderOwn((manifests) => ({
    'kustomization.yaml': `resources: [${manifests}/overlays/sqlite]\ncomponents: [settings, ${manifests}/components/settings]\n`,
    'settings/kustomization.yaml': JSON.stringify(component),
  }));
}

describe('guard as rendered with an operator’s settings', function () {
  this.timeout(180_000);

  it('has each value where guardDocuments writes it, and judges every case the same', () => {
    const objects = renderWith({ launchers: LAUNCHERS, otherInjectorImage: OTHER_IMAGE });
    const values = { ...parameters, otherImage: OTHER_IMAGE, webhookUser: WEBHOOK };
    expect(guardParameters(objects)).to.deep.equal(values);
    const rendered = objects.filter(({ kind }) => kind?.startsWith('ValidatingAdmission'));
    expect(unfolded(rendered)).to.have.deep.members(unfolded(guardDocuments(values)));
    const policies = createAdmissionPolicies(rendered);
    for (const guardCase of Object.values(guardCases).flat()) {
      expectVerdict(guardCase, policies.review(guardCase.request));
    }
  });

  for (const [what, value] of Object.entries(BENDING)) {
    it(`fails these tests, rather than being bent, with ${what} in a setting`, () => {
      for (const setting of ['injectorImage', 'otherInjectorImage', 'claimUrl', 'launchers']) {
        expect(() => guardParameters(renderWith({ [setting]: value })), setting).to.throw(/no allowed value/);
      }
    });
  }

  it('lets no session start with a launcher’s line that it would not understand', () => {
    for (const launchers of [
      `${HUB}  sessions ${USER_KEY}`,
      `${HUB} sessions`,
      `${HUB} sessions ${USER_KEY} `,
    ]) {
      const policies = createAdmissionPolicies(renderWith({ launchers }));
      const [denial] = policies.review(podCreation(sessionPod())).denied;
      expect(denial?.policy, launchers).to.equal('twofold-launcher');
      expect(denial?.message).to.match(/settings.yaml/);
      expect(policies.review(podCreation(plainPod())).denied).to.deep.equal([]);
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

  it('reads nothing but the request: no params, which an API server may stop watching', () => {
    expect(named('ConfigMap')).to.deep.equal([]);
    expect(JSON.stringify(documents)).not.to.match(/param/i);
  });

  it('accepts no session as it stands in base, and every plain pod', () => {
    const base = guardDocuments({});
    expect(() => guardParameters(base)).to.throw('twofold-shape');
    const policies = createAdmissionPolicies(base);
    expect(policies.review(podCreation(sessionPod())).denied).to.have.length(2);
    expect(policies.review(podCreation(plainPod())).denied).to.deep.equal([]);
  });

  it('does not take a value that could end its literal, nor one of another form', () => {
    for (const name of ['image', 'otherImage', 'claimUrl', 'webhookUser', 'launchers'] as const) {
      for (const value of [...Object.values(BENDING), 'two\nlines', 'two words']) {
        expect(() => guardDocuments({ [name]: value }), `${name} ${value}`).to.throw(`the guard's ${name}`);
      }
    }
    expect(() => guardDocuments({ image: '' })).to.throw();
  });

  it('accepts each of two images while an upgrade is under way', () => {
    const both = createGuard({ ...parameters, otherImage: OTHER_IMAGE });
    const pod = sessionPod();
    expect(both.review(podCreation(pod)).denied).to.deep.equal([]);
    pod.spec.initContainers[0]!.image = OTHER_IMAGE;
    expect(both.review(podCreation(pod)).denied).to.deep.equal([]);
    expect(guard.review(podCreation(pod)).denied).not.to.deep.equal([]);
    pod.spec.initContainers[0]!.image = '';
    for (const each of [both, guard]) {
      expect(each.review(podCreation(pod)).denied).not.to.deep.equal([]);
    }
  });
});
