/** Objects that go with their owners. */

import { expect } from 'chai';

import {
  describeServer,
  eventually,
  leaseNamed,
  mergePatch,
  metaOf,
  podNamed,
  secretNamed,
} from './testing.ts';

const secrets = '/api/v1/namespaces/team/secrets';
const leases = '/apis/coordination.k8s.io/v1/namespaces/team/leases';
const pods = '/api/v1/namespaces/team/pods';

describeServer('deletion', (admin) => {
  const owner = (kind: string, answer: { body: unknown }, apiVersion = 'coordination.k8s.io/v1') => {
    const { name, uid } = metaOf({ status: 0, headers: {}, ...answer });
    return [{ apiVersion, kind, name, uid }];
  };

  it('takes the Lease with its pod, and the Secret with the Lease', async () => {
    const pod = await admin('POST', pods, podNamed('owner'));
    const lease = await admin(
      'POST',
      leases,
      leaseNamed('owned', {}, { ownerReferences: owner('Pod', pod, 'v1') }),
    );
    const metadata = { name: 'owned', ownerReferences: owner('Lease', lease) };
    await admin('POST', secrets, { ...secretNamed('owned', { immutable: true }), metadata });
    await admin('DELETE', `${pods}/owner`);
    expect((await eventually(() => admin('GET', `${leases}/owned`), 404)).status).equal(404);
    expect((await eventually(() => admin('GET', `${secrets}/owned`), 404)).status).equal(404);
  });

  it('takes what names an owner that does not exist, but not one of a kind unknown here', async () => {
    const gone = [{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'nobody', uid: 'x' }];
    await admin('POST', secrets, {
      ...secretNamed('orphan'),
      metadata: { name: 'orphan', ownerReferences: gone },
    });
    expect((await eventually(() => admin('GET', `${secrets}/orphan`), 404)).status).equal(404);
    const replicas = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'x' }];
    await admin('POST', pods, {
      ...podNamed('replica'),
      metadata: { name: 'replica', ownerReferences: replicas },
    });
    expect((await admin('GET', `${pods}/replica`)).status).equal(200);
  });

  it('waits for finalizers', async () => {
    await admin('POST', pods, {
      ...podNamed('held'),
      metadata: { name: 'held', finalizers: ['example.org/hold'] },
    });
    expect(metaOf(await admin('DELETE', `${pods}/held`))).property('deletionTimestamp');
    expect((await admin('GET', `${pods}/held`)).status).equal(200);
    await admin('PATCH', `${pods}/held`, { metadata: { finalizers: null } }, mergePatch);
    expect((await admin('GET', `${pods}/held`)).status).equal(404);
  });
});
