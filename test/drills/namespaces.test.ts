import { expect } from 'chai';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { eventually } from '../eventually.ts';
import { messageOf, nameOf, startDrill, type Drill } from './cluster.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const LABEL = { 'twofold.dev/sessions': 'enabled' };

/** Every namespace of these tests is made after everything runs, as a hub makes one for each user. */
describe('a namespace for each user, over real processes', function () {
  this.timeout(60_000);
  let drill: Drill;

  before(async () => {
    drill = await startDrill({ namespaces: 'jupyter-*,twofold.dev/sessions=enabled' });
    await drill.person('alice').store('db-password', 'value');
  });
  after(() => drill.stack.stop());

  const makeNamespace = async (name: string, labels = {}): Promise<void> => {
    await drill.admin.must('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    await eventually(`${name} has its service account`, async () => {
      const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
      return (await drill.admin.call('GET', path)).status === 200;
    });
  };
  const ticketFor = (namespace: string) =>
    drill.person('alice').call('POST', '/api/v1/tickets', {
      namespace,
      serviceAccount: 'default',
      secrets: ['db-password'],
    });
  const annotationsFor = async (namespace: string): Promise<Readonly<Record<string, string>>> => {
    const answer = await ticketFor(namespace);
    expect(answer.status, messageOf(answer)).to.equal(201);
    return (answer.body as { annotations: Readonly<Record<string, string>> }).annotations; // the console's own
  };
  const createIn = async (namespace: string) =>
    drill.createPod(await annotationsFor(namespace), { namespace, by: drill.admin });

  for (const [what, name, labels] of [
    ['a name of the pattern', nameOf('jupyter-alice'), {}],
    ['the label', nameOf('team'), LABEL],
  ] as const) {
    it(`gets a session with its secrets, made with ${what}`, async () => {
      await makeNamespace(name, labels);
      const answer = await createIn(name);
      expect(answer.status, messageOf(answer)).to.equal(201);
      const { exitCode, files } = await drill.runPod(answer.body as Pod); // the API server's own
      expect([exitCode, files['db-password']?.toString()]).to.deep.equal([0, 'value']);
    });
  }

  it('has its ended sessions cleaned up like any other', async () => {
    const name = nameOf('jupyter-bob');
    await makeNamespace(name);
    const { metadata } = (await createIn(name)).body as Pod; // the API server's own
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${name}/leases/twofold-${metadata.labels?.['twofold.dev/session'] ?? ''}`;
    await eventually('the pod owns its Lease', async () => {
      const found = await drill.admin.must<Pod & { metadata: { ownerReferences?: object[] } }>('GET', lease);
      return found.metadata.ownerReferences !== undefined;
    });
    const pod = `/api/v1/namespaces/${name}/pods/${metadata.name ?? ''}`;
    await drill.admin.must('PATCH', `${pod}/status`, { status: { phase: 'Succeeded' } }, MERGE);
    await eventually('the Lease is gone', async () => (await drill.admin.call('GET', lease)).status === 404);
  });

  it('gets neither ticket nor session without either, and the refusals say so', async () => {
    const name = nameOf('team');
    // A ticket may be issued before the namespace is made; the pod is judged all the same.
    const annotations = await annotationsFor(name);
    await makeNamespace(name);
    const ticket = await ticketFor(name);
    expect([ticket.status, messageOf(ticket)]).to.deep.equal([
      403,
      `Sessions with secrets are not enabled in namespace "${name}"; ask the cluster’s operator to enable it, or choose another.`,
    ]);
    const refused = await drill.createPod(annotations, { namespace: name, by: drill.admin });
    expect(refused.status).to.equal(403);
    expect(messageOf(refused)).to.contain('(namespace_not_enabled)');
    const objects = await drill.admin.must<{ items: unknown[] }>(
      'GET',
      `/api/v1/namespaces/${name}/secrets?labelSelector=twofold.dev/session`,
    );
    expect(objects.items).to.deep.equal([]);
  });

  it('gets a session as soon as it has the label, with the ticket that it had before it was made', async () => {
    const name = nameOf('team');
    const annotations = await annotationsFor(name);
    await makeNamespace(name);
    const create = () => drill.createPod(annotations, { namespace: name, by: drill.admin });
    expect(messageOf(await create())).to.contain('(namespace_not_enabled)');
    const path = `/api/v1/namespaces/${name}`;
    await drill.admin.must('PATCH', path, { metadata: { labels: LABEL } }, MERGE);
    const answer = await create();
    expect(answer.status, messageOf(answer)).to.equal(201);
  });
});
