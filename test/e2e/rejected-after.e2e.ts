import type { V1ResourceQuota } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { eventually } from '../eventually.ts';
import { createApi } from '../../scripts/dev/api.ts';
import { connect, eventOf } from './cluster/connection.ts';
import { marker } from './sessions/marker.ts';
import { container, pod, template, uniqueName } from './sessions/pods.ts';
import { useOf } from './sessions/tickets.ts';

const NAMESPACE = 'e2e-rejected';
const POLICIES = '/apis/admissionregistration.k8s.io/v1';

/** Each in its own namespace, where nothing else creates sessions, so every Lease and Secret there belongs to these. */
describe('pods that are rejected after Twofold has admitted them', () => {
  const cluster = connect();
  const api = createApi(cluster.config);
  const id = uniqueName('rejected');
  const label = `${id}.example.org/refuse`;
  const secret = `${id}-password`;
  const quota = `/api/v1/namespaces/${NAMESPACE}/resourcequotas`;
  const policy = {
    metadata: { name: id },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        objectSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      validations: [{ expression: 'false', message: 'no pods on a Sunday' }],
    },
  };
  let alice: Person;
  let ticket: { jti: string; annotations: Readonly<Record<string, string>> };

  /** What `kubectl create` prints; asserts that Twofold had created a session for it by then, or nothing would be tested. */
  const rejection = async (change: object): Promise<string> => {
    const earlier = await cluster.sessionObjects(NAMESPACE);
    const name = uniqueName('rejected');
    const { code, stderr } = await cluster.tryCreate(
      pod({ name, annotations: ticket.annotations, ...change }),
      { namespace: NAMESPACE },
    );
    expect(code, stderr).to.equal(1);
    const made = (await cluster.sessionObjects(NAMESPACE)).filter((each) => !earlier.includes(each));
    expect(made.map((each) => each.slice(0, each.indexOf('/')))).to.deep.equal(['lease', 'secret']);
    expect(await cluster.readPod(name, NAMESPACE)).to.equal(undefined);
    return stderr;
  };

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(secret, `never delivered ${marker()}`);
    ticket = await alice.ticket({ namespace: NAMESPACE, secrets: [secret], uses: 1 });
    await api.must({
      method: 'POST',
      path: quota,
      body: { metadata: { name: id }, spec: { hard: { pods: '0' } } },
    });
    await api.must({ method: 'POST', path: `${POLICIES}/validatingadmissionpolicies`, body: policy });
    const binding = { metadata: { name: id }, spec: { policyName: id, validationActions: ['Deny'] } };
    await api.must({ method: 'POST', path: `${POLICIES}/validatingadmissionpolicybindings`, body: binding });
    // Both take effect with a delay.
    await eventually('the quota counts', async () => {
      const { status } = await api.must<V1ResourceQuota>({ method: 'GET', path: `${quota}/${id}` });
      return status?.hard?.['pods'] === '0';
    });
    await eventually('the policy refuses', async () => {
      const path = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
      const body = pod({ labels: { [label]: 'probe' } });
      return (await api.call({ method: 'POST', path, body })).message.includes('no pods on a Sunday');
    });
  });
  after(async () => {
    await api.call({ method: 'DELETE', path: `${quota}/${id}` });
    await api.call({ method: 'DELETE', path: `${POLICIES}/validatingadmissionpolicybindings/${id}` });
    await api.call({ method: 'DELETE', path: `${POLICIES}/validatingadmissionpolicies/${id}` });
    await alice.call('DELETE', `/api/v1/secrets/${secret}`);
    alice.close();
  });

  it('by a ResourceQuota: refused with its message, with a session already created', async () => {
    expect(await rejection({}))
      .to.contain('exceeded quota')
      .and.to.contain(id);
  });

  it('by Pod Security: refused with its message', async () => {
    const containers = [container({ name: 'main', securityContext: { privileged: true } })];
    expect(await rejection({ containers })).to.contain('violates PodSecurity "restricted');
  });

  it('by another policy: refused with its message', async () => {
    expect(await rejection({ labels: { [label]: 'yes' } })).to.contain('no pods on a Sunday');
  });

  it('repeatedly, as a controller retries: refused in its events', async () => {
    const labels = { app: id };
    await cluster.create(
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: id },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: template({ annotations: ticket.annotations }, labels),
        },
      },
      NAMESPACE,
    );
    const said = await eventOf(cluster, { kind: 'ReplicaSet', name: id, namespace: NAMESPACE });
    expect(said).to.contain('exceeded quota').and.not.to.contain(secret);
    await cluster.remove('replicaset', id, NAMESPACE);
  });

  it('leave no Lease and no Secret behind after the grace period, no pod, and no use of the ticket', async () => {
    await cluster.noSessionObjects(undefined, NAMESPACE);
    const { items } = await cluster.core.listNamespacedPod({ namespace: NAMESPACE });
    expect(items.map(({ metadata }) => metadata?.name)).to.deep.equal([]);
    const use = await useOf(alice, ticket.jti);
    expect(use?.used).to.equal(0);
    expect(use?.sessions.length).to.be.at.least(4);
    expect(use?.sessions.filter(({ claims }) => claims > 0)).to.deep.equal([]);
  });
});
