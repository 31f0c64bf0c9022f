import { expect } from 'chai';
import type { KubernetesObject } from '../../manifests/kubernetes-object.ts';
import { parseManifests } from '../../manifests/kustomize.ts';
import { readFileSync } from 'node:fs';
import { DeployError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';
import { assertNamespaces, testNamespace } from './namespaces.ts';

const roles = parseManifests(
  readFileSync(new URL('../../manifests/components/namespace-rules/roles.yaml', import.meta.url), 'utf8'),
);

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject {
  return { kind: 'Namespace', metadata: { name, labels } };
}

/** A cluster with these namespaces. */
function clusterOf(...namespaces: readonly KubernetesObject[]): Pick<Kubectl, 'find' | 'list'> {
  // The caller asserts the types.
  return {
    find: <T>([, name]: readonly string[]) =>
      Promise.resolve(namespaces.find(({ metadata }) => metadata?.name === name) as T | undefined),
    list: <T>() => Promise.resolve(namespaces as unknown as readonly T[]),
  };
}

/** What it says and advises, or undefined. */
async function complaint(sessionNamespaces: string[], objects = roles): Promise<string | undefined> {
  try {
    await assertNamespaces(clusterOf(namespace('team')), { sessionNamespaces, objects });
    return undefined;
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    return error.message;
  }
}

describe('namespaces of an overlay, before it is applied', () => {
  it('exist, where they are named; no other has to', async () => {
    expect(await complaint(['team'], [])).to.equal(undefined);
    expect(await complaint(['team', 'jupyter-*', 'twofold.dev/sessions=enabled'])).to.equal(undefined);
    expect(await complaint(['team', 'more'])).to.contain('namespaces that do not exist: more');
    expect(await complaint(['team', 'more', 'jupyter-*'])).to.contain('namespaces that do not exist: more');
  });

  it('exist, where the overlay has objects for them and does not make them', async () => {
    const binding = {
      kind: 'RoleBinding',
      metadata: { name: 'twofold-webhook-sessions', namespace: 'sessions' },
    };
    const objects = [...roles, namespace('twofold-console'), binding];
    const service = { kind: 'Service', metadata: { name: 'console', namespace: 'twofold-console' } };
    const rule = ['twofold.dev/sessions=enabled'];
    expect(await complaint(rule, [...objects, service])).to.equal(
      'the overlay has objects for namespaces that do not exist: sessions',
    );
    expect(await complaint(rule, [...objects, service, namespace('sessions')])).to.equal(undefined);
  });

  it('need the roles that hold everywhere where a pattern or the label enables them', async () => {
    for (const entry of ['jupyter-*', '*', 'twofold.dev/sessions=enabled'])
      expect(await complaint(['team', entry], [])).to.contain(`enables ${entry}, but no role reaches such`);
  });

  it('have one for the self-test: a named one, or any enabled one that exists', async () => {
    const all = clusterOf(
      namespace('aaa'),
      namespace('default'),
      namespace('jupyter-alice'),
      namespace('labelled', { 'twofold.dev/sessions': 'enabled' }),
    );
    expect(await testNamespace(all, ['jupyter-*', 'team'])).to.equal('team');
    expect(await testNamespace(all, ['jupyter-*'])).to.equal('jupyter-alice');
    expect(await testNamespace(all, ['twofold.dev/sessions=enabled'])).to.equal('labelled');
    expect(await testNamespace(all, ['*'])).to.equal('default');
    expect(await testNamespace(all, ['nobody-*'])).to.equal(undefined);
  });
});
