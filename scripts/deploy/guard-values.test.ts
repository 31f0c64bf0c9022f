import { expect } from 'chai';
import { guardDocuments } from '../../manifests/guard.ts';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { DeployError } from './failure.ts';
import { assertGuardValues } from './guard-values.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const right = guardDocuments({
  image: 'localhost:5000/injector@sha256:1',
  claimUrl: 'https://console.twofold-console.svc:8445/internal/v1/claim',
  namespaces: 'sessions,jupyter-*',
  digests: `${DIGEST},${DIGEST}`,
  labelSetters: 'User alice\nGroup platform\n',
});

function withExpression(from: string, to: string): readonly KubernetesObject[] {
  const text = JSON.stringify(right);
  const changed = text.replaceAll(JSON.stringify(from).slice(1, -1), JSON.stringify(to).slice(1, -1));
  expect(changed).not.to.equal(text);
  return JSON.parse(changed) as KubernetesObject[];
}

describe('values of settings.yaml that only the guard reads', () => {
  it('are accepted as their comments say', () => {
    expect(() => assertGuardValues({ objects: right })).not.to.throw();
  });

  const mistyped = [
    [`${DIGEST},${DIGEST}`, `${DIGEST}, ${DIGEST}`, 'injectorDigests'],
    [`${DIGEST},${DIGEST}`, `${DIGEST}\n`, 'injectorDigests'],
    ['User alice', 'user alice', 'labelSetters'],
    ['User alice', 'User  alice', 'labelSetters'],
    ['jupyter-*', ' jupyter-*', 'namespaces'],
    ['RuntimeDefault', 'runtime/default', 'injectorSeccompProfile'],
  ] as const;
  for (const [from, to, setting] of mistyped)
    it(`are named before a deployment where they are mistyped: ${JSON.stringify(to)}`, () => {
      const objects = withExpression(from, to);
      expect(() => assertGuardValues({ objects })).to.throw(DeployError, `${setting} in settings.yaml`);
    });
});
