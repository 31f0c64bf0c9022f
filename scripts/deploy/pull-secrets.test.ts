import { expect } from 'chai';
import type { Kubectl } from './kubectl.ts';
import { copiedPullSecrets, pullSecretNotes } from './pull-secrets.ts';

const DOCKER = 'kubernetes.io/dockerconfigjson';

/** A cluster with these Secrets, `namespace/name`, of these types. */
function cluster(secrets: Readonly<Record<string, string>>): Kubectl {
  const unexpected = (): never => {
    throw new Error('not asked for here');
  };
  return {
    find: <T>([, name = '', , namespace = '']: readonly string[]) => {
      const type = secrets[`${namespace}/${name}`];
      const metadata = { name, namespace, uid: 'x', resourceVersion: '7' };
      return Promise.resolve((type ? { metadata, type, data: { a: 'YQ==' } } : undefined) as T | undefined);
    },
    attempt: unexpected,
    run: unexpected,
    list: unexpected,
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

  it('cannot be looked for in namespaces that are not named', async () => {
    expect(await pullSecretNotes(cluster({}), { ...wanted, sessionNamespaces: ['*'] })).to.deep.equal([]);
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
