import { expect } from 'chai';
import { admitWith, goldenPorts, readReview, requestOf } from '../test/reviews.ts';
import { envBytes, filesBytes } from './additions.ts';
import type { Plan } from './plan.ts';
import { describeRefusals } from './review.ts';

function plan(files: Record<string, string>, variables: Record<string, string> = {}): Plan {
  // Only the two lists matter for sizes.
  return {
    files: Object.entries(files).map(([path, name]) => ({ path, name })),
    variables: Object.entries(variables).map(([variable, name]) => ({ variable, name })),
  } as unknown as Plan;
}

const PAGE = 65_536;

describe('the injector’s pull secrets', () => {
  const added = async (imagePullSecrets: unknown): Promise<unknown> => {
    const request = requestOf(readReview('plain-pod-alice'));
    const pod = request.object as { readonly spec: object }; // as captured
    const object = { ...pod, spec: { ...pod.spec, imagePullSecrets } };
    const pullSecrets = ['twofold-registry', 'mirror', 'twofold-registry'];
    const { verdict } = await admitWith({ pullSecrets })({ ...request, object }, Infinity);
    if (!verdict.allowed) throw new Error('refused');
    return verdict.patch
      .filter(({ path }) => path.startsWith('/spec/imagePullSecrets'))
      .map(({ path, value }) => [path, value]);
  };

  it('are added to a pod that names none, each once', async () => {
    const both = [{ name: 'twofold-registry' }, { name: 'mirror' }];
    expect(await added(undefined)).to.deep.equal([['/spec/imagePullSecrets', both]]);
    expect(await added(null)).to.deep.equal([['/spec/imagePullSecrets', both]]);
  });

  it('come after those that the pod names, and never twice', async () => {
    expect(await added([{ name: 'team' }])).to.deep.equal([
      ['/spec/imagePullSecrets/-', { name: 'twofold-registry' }],
      ['/spec/imagePullSecrets/-', { name: 'mirror' }],
    ]);
    expect(await added([{ name: 'twofold-registry' }, {}])).to.deep.equal([
      ['/spec/imagePullSecrets/-', { name: 'mirror' }],
    ]);
  });

  it('are none where the operator names none', async () => {
    const { verdict } = await admitWith()(requestOf(readReview('plain-pod-alice')), Infinity);
    expect(JSON.stringify(verdict)).not.to.include('imagePullSecrets');
  });
});

describe('a session’s volumes', () => {
  const sizes = new Map([
    ['one', 1],
    ['page', PAGE],
    ['more', PAGE + 1],
  ]);

  it('are as large as each file rounded up to 64 KiB, the largest page of a node, and as much per folder', () => {
    expect(filesBytes(plan({ a: 'one' }), sizes)).to.equal(2 * PAGE);
    expect(filesBytes(plan({ a: 'one', b: 'page', c: 'more' }), sizes)).to.equal((1 + 1 + 2 + 1) * PAGE);
    expect(filesBytes(plan({ 'x/y/a': 'one', 'x/b': 'one' }), sizes)).to.equal((2 + 3) * PAGE);
  });

  it('hold every variable in one file', () => {
    expect(envBytes(plan({}, { A: 'one', B: 'page' }), sizes)).to.equal((2 + 1) * PAGE);
  });

  it('are refused where a Guaranteed pod leaves too little memory, saying how much would do', async () => {
    const request = requestOf(readReview('ephemeral-storage-limits'));
    const text = JSON.stringify(request.object).replaceAll('"2Gi"', '"64Mi"');
    const { verdict } = await admitWith({}, goldenPorts)({ ...request, object: JSON.parse(text) }, Infinity);
    if (verdict.allowed) throw new Error('admitted');
    expect(describeRefusals(verdict.refusals)).to.contain('at least 65Mi').and.contain('(memory_too_small)');
  });
});
