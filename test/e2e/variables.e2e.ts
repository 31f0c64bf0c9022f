import { randomBytes } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { connect } from './cluster/connection.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';

describe('a secret as an environment variable, on a real Kubernetes', () => {
  const cluster = connect();
  const name = uniqueName('variables');
  // Lines, the other kind of quotes, and what a shell would expand. No marker: a runtime stores variables on its disk.
  const value = `first "line" $HOME \`x\`\nsecond ü ${randomBytes(12).toString('hex')}`;
  let alice: Person;
  let admitted: V1Pod;

  before(async () => {
    alice = cluster.person('alice');
    await alice.store(name, value);
    const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets: [name] });
    const { 'twofold.dev/secrets': _files, ...rest } = annotations;
    const containers = [container({ name: 'main' }), container({ name: 'beside' })];
    const asked = { ...rest, 'twofold.dev/containers': 'main', 'twofold.dev/env': `PGPASSWORD=${name}` };
    await cluster.create(pod({ name, containers, annotations: asked }));
    admitted = await cluster.ready(name);
  });
  after(async () => {
    await cluster.remove('pod', name);
    await alice.call('DELETE', `/api/v1/secrets/${name}`);
    alice.close();
  });

  it('is what the user’s own command gets, to the last byte', async () => {
    const seen = await cluster.exec(name, ['sh', '-c', 'printf %s "$PGPASSWORD"'], { container: 'main' });
    expect(seen).to.equal(value);
    const [main] = admitted.spec?.containers ?? [];
    expect(main?.command, 'nothing is wrapped around it').to.deep.equal(container({ name: 'main' }).command);
  });

  it('is in no other container, in none of its files, and not in the pod', async () => {
    const beside = ['sh', '-c', 'echo "${PGPASSWORD-none}"; grep -c twofold /proc/mounts || true'];
    expect(await cluster.exec(name, beside, { container: 'beside' })).to.equal('none\n0\n');
    const mounts = await cluster.exec(name, ['cat', '/proc/mounts'], { container: 'main' });
    expect(mounts).not.to.contain('twofold');
    expect(JSON.stringify(await cluster.readPod(name))).not.to.contain('second ü');
  });
});
