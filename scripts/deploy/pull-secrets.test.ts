import { expect } from 'chai';
import type { Kubectl } from './kubectl.ts';
import { copiedPullSecrets, pullSecretNotes } from './pull-secrets.ts';

const DOCKER = 'kubernetes.io/dockerconfigjson';

/** A cluster with these Secrets, `namespace/name`, of these types. */
function cluster(secrets: Readonly<Record<string, string>>): Kubectl {
  const unexpected = (): never => {
    throw new Error('not asked for here');
  };
  const all = Object.entries(secrets).map(([place, type]) => {
    const [namespace = '', name] = place.split('/');
    return { metadata: { name, namespace, uid: 'x', resourceVersion: '7' }, type, data: { a: 'YQ==' } };
  });
  const names = ['jupyter-alice', 'jupyter-bob', 'other'];
  const namespaces = names.map((name) => ({ metadata: { name } }));
  return {
    list: <T>([kind, , , selector = '']: readonly string[]) => {
      const selected = all.filter(({ metadata: { name } }) => selector === `metadata.name=${name}`);
      return Promise.resolve((kind === 'namespaces' ? namespaces : selected) as unknown as readonly T[]);
    },
    attempt: unexpected,
    run: unexpected,
    find: unexpected,
    apply: unexpected,
  };
}

describe('the Secrets with which nodes pull the injector’s image', () => {
  const wanted = { injectorPullSecrets: ['registry'], sessionNamespaces: ['sessions', 'team'] };

  it('are not spoken of where they are in every session namespace, or there are none', async () => {
    const everywhere = cluster({ 'sessions/registry': DOCKER, 'team/registry': DOCKER });
    expect(await pullSecretNotes(everywhere, wanted)).to.deep.equal([]);
    expect(await pullSecretNotes(cluster({}), { ...wanted, injectorPullSecrets: [] })).to.deep.equal([]);
  });

  it('are named where one lacks them, with the command, and where they are no pull secrets', async () => {
    const [note = '', ...others] = await pullSecretNotes(cluster({ 'sessions/registry': DOCKER }), wanted);
    expect(others).to.deep.equal([]);
    expect(note)
      .to.include('registry is missing in team:')
      .and.to.include('kubectl -n team create secret docker-registry registry');
    const opaque = cluster({ 'sessions/registry': DOCKER, 'team/registry': 'Opaque' });
    expect((await pullSecretNotes(opaque, wanted)).join()).to.include('registry in team is not of a type');
  });

  it('are looked for in the namespaces of a pattern that exist', async () => {
    const pattern = { ...wanted, sessionNamespaces: ['jupyter-*'] };
    const alice = cluster({ 'other/registry': DOCKER, 'jupyter-alice/registry': DOCKER });
    expect((await pullSecretNotes(alice, pattern)).join()).to.include('registry is missing in jupyter-bob:');
    expect(await copiedPullSecrets(alice, pattern, 'test')).to.have.length(1);
    expect(await copiedPullSecrets(cluster({ 'other/registry': DOCKER }), pattern, 'test')).to.deep.equal([]);
  });

  it('are copied, content only, from a session namespace that has them', async () => {
    const [copy, ...others] = await copiedPullSecrets(cluster({ 'team/registry': DOCKER }), wanted, 'test');
    expect(others).to.deep.equal([]);
    expect(copy).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry', namespace: 'test' },
      type: DOCKER,
      data: { a: 'YQ==' },
    });
    expect(await copiedPullSecrets(cluster({}), wanted, 'test')).to.deep.equal([]);
  });
});
