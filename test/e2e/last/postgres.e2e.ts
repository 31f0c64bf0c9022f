import { expect } from 'chai';
import { connect, type Cluster } from '../cluster/connection.ts';
import { deployment } from '../cluster/deployment.ts';
import { marker } from '../sessions/marker.ts';
import { pod, uniqueName } from '../sessions/pods.ts';

const DEPLOYS_WITHIN_MS = 300_000;

describe('two consoles on PostgreSQL', function () {
  this.timeout(DEPLOYS_WITHIN_MS);
  const { namespaces, database } = connect().endpoints;
  const others = namespaces.sessions.join(',');
  let cluster: Cluster;

  before(async () => {
    const { code, printed } = await deployment('up', '--database', 'postgres', '--namespaces', others);
    expect(code, printed).to.equal(0);
    cluster = connect();
  });
  after(async () => {
    const { code, printed } = await deployment('up', '--database', database.kind, '--namespaces', others);
    expect(code, printed).to.equal(0);
  });

  const consoles = async (): Promise<readonly string[]> => {
    const { items } = await cluster.core.listNamespacedPod({
      namespace: 'twofold-console',
      labelSelector: 'app.kubernetes.io/name=console',
    });
    return items
      .filter(({ metadata }) => !metadata?.deletionTimestamp)
      .map(({ metadata }) => metadata?.name ?? '');
  };

  it('are both ready, and both know what was stored through either', async () => {
    const both = await consoles();
    expect(both).to.have.length(2);
    await Promise.all(both.map((name) => cluster.ready(name, { namespace: 'twofold-console' })));
    expect(cluster.endpoints.database.kind).to.equal('postgres');
  });

  it('deliver a secret, even while one of them is removed', async () => {
    const grace = cluster.person('grace');
    const secret = uniqueName('pg');
    const value = `on PostgreSQL ${marker()}`;
    await grace.store(secret, value);
    const [one = ''] = await consoles();
    await cluster.remove('pod', one, 'twofold-console');
    const name = uniqueName('session');
    const { annotations } = await grace.ticket({ namespace: cluster.sessions, secrets: [secret] });
    await cluster.create(pod({ name, annotations }));
    await cluster.ready(name);
    expect(await cluster.exec(name, ['cat', `/secrets/${secret}`])).to.equal(value);
    await cluster.remove('pod', name);
    grace.close();
  });
});
