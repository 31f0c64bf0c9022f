/**
 * The guard (docs/design.md#guard), in both directions: what the webhook renders passes, and every change to it
 * is refused. The judge is a real API server (test/guard-judge.ts).
 */
import { expect } from 'chai';
import { GUARD_POLICIES } from '../console/core/guard.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { guardJudge, type GuardJudge } from '../test/guard-judge.ts';
import type { Verdict } from '../test/guard-requests.ts';
import { guardCases } from './guard-cases/all.ts';
import { HUB, LAUNCHERS, podCreation, USER_KEY, WEBHOOK, type GuardCase } from './guard-cases/case.ts';
import { guardDocuments, guardParameters } from './guard.ts';
import { renderOwn } from './kustomize.ts';
import { CLAIM_URL, IMAGE, plainPod, sessionPod } from './session-pod.ts';

const parameters = { image: IMAGE, claimUrl: CLAIM_URL, launchers: LAUNCHERS, namespaces: '*' };
const allCases = Object.values(guardCases).flat();
const OTHER_IMAGE = 'twofold-injector:0.2.0';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

const ESCAPING: Readonly<Record<string, string>> = {
  'an expression': `a''' + '''b`,
  'a quote': "it's",
  'a double quote': 'a"b',
  'a backslash': 'a\\b',
  'a tab': 'a\tb',
};

function expectVerdict({ denied, says, warned }: GuardCase, verdict: Verdict): void {
  const policies = [...new Set(verdict.denied.map(({ policy }) => policy))];
  expect(policies, JSON.stringify(verdict)).to.deep.equal(denied ? [denied] : []);
  expect(verdict.warnings).to.have.length(warned ? 1 : 0);
  if (says) expect(verdict.denied[0]?.message ?? verdict.warnings[0]).to.match(says);
  for (const { message } of verdict.denied)
    expect(message).not.to.match(/resulted in error|failed expression/);
}

/** What these policies refuse of a request. */
async function refusals(
  judge: GuardJudge,
  documents: readonly KubernetesObject[],
  request: GuardCase['request'],
): Promise<Verdict['denied']> {
  await judge.use(documents);
  return (await judge.review(request)).denied;
}

describe('guard', function () {
  this.timeout(60_000);
  let judge: GuardJudge;

  before(async () => {
    judge = await guardJudge();
    await judge.prepare(allCases.map(({ request }) => request));
    await judge.use(guardDocuments(parameters));
  });

  for (const [about, cases] of Object.entries(guardCases)) {
    describe(about, () => {
      for (const guardCase of cases) {
        const verb = guardCase.denied ? 'refuses' : guardCase.warned ? 'warns about' : 'allows';
        it(`${verb}: ${guardCase.title}`, async () => {
          expectVerdict(guardCase, await judge.review(guardCase.request));
        });
      }
    });
  }
});

/** kustomize doubles line breaks in folded text, which mean nothing in an expression. */
function unfolded(documents: readonly KubernetesObject[]): unknown[] {
  return documents.map((document): unknown =>
    JSON.parse(JSON.stringify(document), (_, value: unknown) =>
      typeof value === 'string' ? value.replaceAll(/\n\s*/g, ' ') : value,
    ),
  );
}

function isPolicy({ kind }: KubernetesObject): boolean {
  return kind?.startsWith('ValidatingAdmission') ?? false;
}

/** The sqlite overlay with some settings changed, as by an operator who builds on it. */
function renderWith(settings: Readonly<Record<string, string>>): KubernetesObject[] {
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'twofold-settings' },
    data: settings,
  };
  const component = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    patches: [{ patch: JSON.stringify(patch) }],
  };
  return renderOwn((manifests) => ({
    'kustomization.yaml': `resources: [${manifests}/overlays/sqlite]\ncomponents: [settings, ${manifests}/components/settings]\n`,
    'settings/kustomization.yaml': JSON.stringify(component),
  }));
}

describe('guard as rendered with an operator’s settings', function () {
  this.timeout(180_000);
  let judge: GuardJudge;

  before(async () => {
    judge = await guardJudge();
    await judge.prepare(allCases.map(({ request }) => request));
  });

  it('has each value where guardDocuments writes it, and judges every case the same', async () => {
    const labelSetters = 'User alice\nGroup platform-team\n';
    const digests = `${DIGEST},sha256:${'cd'.repeat(32)}`;
    const objects = renderWith({
      launchers: LAUNCHERS,
      otherInjectorImage: OTHER_IMAGE,
      injectorDigests: digests,
      namespaces: '*',
      labelSetters,
    });
    const values = {
      ...parameters,
      otherImage: OTHER_IMAGE,
      digests,
      seccompProfile: 'RuntimeDefault',
      webhookUser: WEBHOOK,
      labelSetters,
    };
    expect(guardParameters(objects)).to.deep.equal(values);
    const rendered = objects.filter(isPolicy);
    expect(unfolded(rendered)).to.have.deep.members(unfolded(guardDocuments(values)));
    await judge.use(rendered);
    for (const guardCase of allCases) expectVerdict(guardCase, await judge.review(guardCase.request));
  });

  for (const [what, value] of Object.entries(ESCAPING)) {
    it(`fails these tests, rather than being circumvented, with ${what} in a setting`, () => {
      for (const setting of [
        'injectorImage',
        'otherInjectorImage',
        'injectorDigests',
        'injectorSeccompProfile',
        'claimUrl',
        'launchers',
        'namespaces',
        'labelSetters',
      ]) {
        expect(() => guardParameters(renderWith({ [setting]: value })), setting).to.throw(/no allowed value/);
      }
    });
  }

  it('lets no session start with a malformed launcher’s line', async () => {
    for (const launchers of [
      `${HUB}  sessions ${USER_KEY}`,
      `${HUB} sessions`,
      `${HUB} sessions ${USER_KEY} `,
      `${HUB} sess* ${USER_KEY}`,
    ]) {
      const rendered = renderWith({ launchers }).filter(isPolicy);
      const denied = await refusals(judge, rendered, podCreation(sessionPod({})));
      const denial = denied.find(({ policy }) => policy === 'twofold-launcher');
      expect(denial?.message, launchers).to.match(/settings.yaml/);
      expect((await judge.review(podCreation(plainPod()))).denied).to.deep.equal([]);
    }
  });
});

/** The creation of a session pod whose init container runs this image. */
function running(image: string): GuardCase['request'] {
  const pod = sessionPod();
  pod.spec.initContainers[0]!.image = image;
  return podCreation(pod);
}

/** Which of them pass the guard with these settings. */
async function accepted(
  judge: GuardJudge,
  settings: Parameters<typeof guardDocuments>[0],
  requests: readonly GuardCase['request'][],
): Promise<boolean[]> {
  await judge.prepare(requests.slice(0, 1));
  await judge.use(guardDocuments({ ...parameters, ...settings }));
  const verdicts = await Promise.all(requests.map((each) => judge.review(each)));
  return verdicts.map(({ denied }) => denied.length === 0);
}

describe('guard documents', function () {
  this.timeout(60_000);
  const documents = guardDocuments(parameters);
  const named = (kind: string): string[] =>
    documents
      .filter((d) => d.kind === kind)
      .map((d) => d.metadata?.name ?? '')
      .sort();

  it('has the policies that the console checks, each failing closed and bound to deny', () => {
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

  it('reads nothing except the request: no params, which an API server may stop watching', () => {
    expect(named('ConfigMap')).to.deep.equal([]);
    expect(JSON.stringify(documents)).not.to.match(/param/i);
  });

  it('accepts every plain pod but no session as it is in base', async () => {
    const base = guardDocuments({});
    expect(() => guardParameters(base)).to.throw('twofold-shape');
    const judge = await guardJudge();
    await judge.prepare([podCreation(sessionPod())]);
    expect(await refusals(judge, base, podCreation(sessionPod()))).to.have.length(2);
    expect((await judge.review(podCreation(plainPod()))).denied).to.deep.equal([]);
  });

  it('rejects a value that could end its literal, or has another form', () => {
    const words = ['image', 'otherImage', 'digests', 'seccompProfile', 'claimUrl', 'webhookUser'] as const;
    for (const name of [...words, 'launchers', 'namespaces', 'labelSetters'] as const) {
      for (const value of [...Object.values(ESCAPING), 'two\nlines', 'two words']) {
        expect(() => guardDocuments({ [name]: value }), `${name} ${value}`).to.throw(`the guard's ${name}`);
      }
    }
    expect(() => guardDocuments({ image: '' })).to.throw();
    expect(() => guardDocuments({ launchers: `${HUB} jupyter-* ${USER_KEY}` })).to.throw(
      "the guard's launchers",
    );
  });

  it('accepts each of two images while an upgrade is under way', async () => {
    const judge = await guardJudge();
    const images = [IMAGE, OTHER_IMAGE, 'evil:1'].map(running);
    expect(await accepted(judge, { otherImage: OTHER_IMAGE }, images)).to.deep.equal([true, true, false]);
    expect(await accepted(judge, {}, images)).to.deep.equal([true, false, false]);
    // A value equal to an unset image is not an image to begin with.
    const empty = await judge.review(running('')).catch(String);
    expect(empty).to.contain('spec.initContainers[0].image: Required value');
  });

  it('accepts an image from elsewhere only by a digest that the settings name, alone or in an image', async () => {
    const judge = await guardJudge();
    const copy = 'mirror.example.org/twofold-injector';
    const images = [
      `${copy}@${DIGEST}`,
      `${copy}:0.1.0@${DIGEST}`,
      `${copy}@sha256:${'00'.repeat(32)}`,
      `${copy}:${DIGEST.slice(7)}`,
      `${copy}:0.1.0`,
      `${copy}@${DIGEST}@${DIGEST}`,
    ].map(running);
    const byDigest = [true, true, false, false, false, false];
    for (const settings of [
      { digests: DIGEST },
      { digests: `sha256:${'cd'.repeat(32)},${DIGEST}` },
      { image: `twofold-injector@${DIGEST}` },
      { otherImage: `twofold-injector:0.2.0@${DIGEST}` },
    ])
      expect(await accepted(judge, settings, images), JSON.stringify(settings)).to.deep.equal(byDigest);
    expect(await accepted(judge, {}, images)).to.deep.equal(byDigest.map(() => false));
  });

  it('accepts no seccomp profile only where the settings say that the cluster allows none', async () => {
    const judge = await guardJudge();
    const requests = [{ type: 'RuntimeDefault' }, undefined, { type: 'Unconfined' }].map((seccompProfile) => {
      const pod = sessionPod();
      Object.assign(pod.spec.initContainers[0]!.securityContext!, { seccompProfile });
      return podCreation(pod);
    });
    expect(await accepted(judge, { seccompProfile: 'none' }, requests)).to.deep.equal([true, true, false]);
    expect(await accepted(judge, {}, requests)).to.deep.equal([true, false, false]);
  });
});
