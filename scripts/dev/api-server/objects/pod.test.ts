/** Pods: defaults, validation, what may change. */

import { expect } from 'chai';

import { bodyOf, describeServer, mergePatch, messageOf, podNamed } from '../testing.ts';
import { listAt, objectAt } from './object.ts';

const pods = '/api/v1/namespaces/team/pods';

describeServer('pods', (admin) => {
  it('fills in defaults, the token mount and a status', async () => {
    const pod = bodyOf(await admin('POST', pods, podNamed('plain')));
    const spec = objectAt(pod, 'spec');
    expect(spec).include({ serviceAccountName: 'default', restartPolicy: 'Always', priority: 0 });
    expect(objectAt(pod, 'status')).deep.equal({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(listAt(spec, 'volumes')[0]?.['name']).match(/^kube-api-access-/);
  });

  it('refuses mounts of no volume, names that double, requests above limits', async () => {
    const broken = {
      name: 'main',
      image: 'a',
      volumeMounts: [{ name: 'none', mountPath: '/x' }],
      resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } },
    };
    const answer = await admin('POST', pods, {
      ...podNamed('broken'),
      spec: { containers: [broken], initContainers: [{ name: 'main', image: 'a' }] },
    });
    expect(answer.status).equal(422);
    expect(messageOf(answer))
      .contain('spec.containers[0].volumeMounts[0].name: Not found: "none"')
      .contain(
        'spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
      )
      .contain('spec.initContainers[0].name: Duplicate value: "main"');
    expect((await admin('POST', pods, { ...podNamed('empty'), spec: {} })).status).equal(422);
  });

  it('keeps the specification fixed, and the status apart', async () => {
    const changed = await admin('PATCH', `${pods}/plain`, { spec: { hostNetwork: true } }, mergePatch);
    expect(changed.status).equal(422);
    expect(messageOf(changed)).contain('spec: Forbidden: pod updates may not change fields other than');
    const status = { status: { phase: 'Succeeded' } };
    await admin('PATCH', `${pods}/plain`, status, mergePatch);
    expect(objectAt(bodyOf(await admin('GET', `${pods}/plain`)), 'status')['phase']).equal('Pending');
    await admin('PATCH', `${pods}/plain/status`, status, mergePatch);
    expect(objectAt(bodyOf(await admin('GET', `${pods}/plain`)), 'status')['phase']).equal('Succeeded');
  });

  it('adds ephemeral containers by their subresource alone', async () => {
    const pod = bodyOf(await admin('GET', `${pods}/plain`));
    const debug = { name: 'debug', image: 'a' };
    const spec = { ...objectAt(pod, 'spec'), ephemeralContainers: [debug] };
    expect((await admin('PUT', `${pods}/plain`, { ...pod, spec })).status).equal(422);
    expect((await admin('PUT', `${pods}/plain/ephemeralcontainers`, { ...pod, spec })).status).equal(200);
    const after = bodyOf(await admin('GET', `${pods}/plain`));
    expect(listAt(objectAt(after, 'spec'), 'ephemeralContainers')).length(1);
  });
});
