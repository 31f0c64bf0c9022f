/** Leases: versions, patches, preconditions. */

import { expect } from 'chai';

import { bodyOf, describeServer, jsonPatch, leaseNamed, mergePatch, messageOf, metaOf } from '../testing.ts';

const leases = '/apis/coordination.k8s.io/v1/namespaces/team/leases';

describeServer('Leases', (admin) => {
  it('refuses an update of an older version with 409 Conflict, and one without a version with 422', async () => {
    const created = await admin('POST', leases, leaseNamed('one', { holderIdentity: 'a' }));
    const { resourceVersion } = metaOf(created);
    const next = leaseNamed('one', { holderIdentity: 'b' }, { resourceVersion });
    expect((await admin('PUT', `${leases}/one`, next)).status).equal(200);
    const late = await admin('PUT', `${leases}/one`, next);
    expect(late.status).equal(409);
    expect(messageOf(late)).equal(
      'Operation cannot be fulfilled on leases.coordination.k8s.io "one": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect((await admin('PUT', `${leases}/one`, leaseNamed('one'))).status).equal(422);
  });

  it('takes times of microseconds alone, as the real decoder', async () => {
    const three = await admin('POST', leases, leaseNamed('time', { renewTime: '2026-11-21T06:05:02.123Z' }));
    expect(three.status).equal(400);
    const six = await admin('POST', leases, leaseNamed('time', { renewTime: '2026-11-21T06:05:02.123456Z' }));
    expect(six.status).equal(201);
  });

  it('patches by merge patch and by JSON Patch, and refuses a failing test with 422', async () => {
    await admin('POST', leases, leaseNamed('patched', { holderIdentity: 'a', leaseDurationSeconds: 5 }));
    const merged = await admin('PATCH', `${leases}/patched`, { spec: { holderIdentity: null } }, mergePatch);
    expect(bodyOf(merged)['spec']).deep.equal({ leaseDurationSeconds: 5 });
    const replace = { op: 'replace', path: '/spec/leaseDurationSeconds', value: 7 };
    const patched = await admin('PATCH', `${leases}/patched`, [replace], jsonPatch);
    expect(bodyOf(patched)['spec']).deep.equal({ leaseDurationSeconds: 7 });
    const test = { op: 'test', path: '/spec/leaseDurationSeconds', value: 5 };
    expect((await admin('PATCH', `${leases}/patched`, [test, replace], jsonPatch)).status).equal(422);
    const stale = { metadata: { resourceVersion: '1' } };
    expect((await admin('PATCH', `${leases}/patched`, stale, mergePatch)).status).equal(409);
  });

  it('deletes only what the preconditions name', async () => {
    const { uid } = metaOf(await admin('POST', leases, leaseNamed('gone')));
    const other = await admin('DELETE', `${leases}/gone`, { preconditions: { uid: 'another' } });
    expect(other.status).equal(409);
    expect(messageOf(other)).contain(
      'the UID in the precondition (another) does not match the UID in record',
    );
    const done = await admin('DELETE', `${leases}/gone`, { preconditions: { uid } });
    expect(done.status).equal(200);
    expect(bodyOf(done)).include({ kind: 'Status', status: 'Success' });
    expect((await admin('DELETE', `${leases}/gone`)).status).equal(404);
  });
});
