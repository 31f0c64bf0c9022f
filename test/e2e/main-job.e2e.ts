import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { marker, markedBytes } from './sessions/marker.ts';
import { container, pod, uniqueName } from './sessions/pods.ts';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the main job, on a real Kubernetes', () => {
  const cluster = connect();
  const name = uniqueName('main');
  let alice: Person;
  let admitted: V1Pod;
  const values: Record<string, Buffer> = {};

  before(async () => {
    alice = cluster.person('alice');
    values[`${name}-text`] = Buffer.from(`a password with a newline\n${marker()}`);
    values[`${name}-bytes`] = markedBytes(300);
    values[`${name}-large`] = markedBytes(64 * 1024);
    for (const [secret, value] of Object.entries(values)) await alice.store(secret, value);
    const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets: Object.keys(values) });
    const containers = [container({ name: 'main' }), container({ name: 'beside' })];
    const asked = { 'twofold.dev/containers': 'main', 'twofold.dev/mount-path': '/secrets' };
    await cluster.create(pod({ name, containers, annotations: { ...annotations, ...asked } }));
    admitted = await cluster.ready(name);
  });
  after(async () => {
    await cluster.remove('pod', name);
    alice.close();
  });

  it('delivers exactly these files, byte for byte, to the chosen path', async () => {
    const listed = await cluster.exec(name, ['sh', '-c', 'cd /secrets && ls -A && sha256sum *'], {
      container: 'main',
    });
    const expected = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    expect(listed.trim().split('\n')).to.deep.equal([
      ...expected.map(([secret]) => secret),
      ...expected.map(([secret, value]) => `${sha256(value)}  ${secret}`),
    ]);
  });

  it('gives the files to the one uid that uses them, and to no other', async () => {
    const modes = await cluster.exec(name, ['sh', '-c', 'stat -c "%a %u" /secrets/*; id -u'], {
      container: 'main',
    });
    expect(modes.trim().split('\n')).to.deep.equal(['400 1000', '400 1000', '400 1000', '1000']);
  });

  it('keeps them in memory, where the container cannot write', async () => {
    const mounts = await cluster.exec(name, ['grep', ' /secrets ', '/proc/mounts'], { container: 'main' });
    expect(mounts).to.match(/^tmpfs \/secrets tmpfs ro,/);
  });

  it('gives nothing to a container that was not chosen', async () => {
    const seen = await cluster
      .exec(name, ['sh', '-c', 'ls -d /secrets /twofold 2>&1; grep -c -e secrets -e twofold /proc/mounts'], {
        container: 'beside',
      })
      .catch((error: unknown) => String(error));
    expect(seen).to.contain('No such file or directory').and.not.contain('tmpfs');
  });

  it('puts no value, key or other ticket into the pod, its Secret or its events', async () => {
    const secret = await cluster.core.readNamespacedSecret({
      name: `twofold-${sidOf(admitted)}`,
      namespace: cluster.sessions,
    });
    expect(secret.type).to.equal('twofold.dev/session');
    expect(secret.immutable).to.equal(true);
    const stored = Object.values(secret.data ?? {}).map((value) => Buffer.from(value, 'base64'));
    for (const value of Object.values(values)) {
      expect(
        stored.some((bytes) => bytes.includes(value)),
        'plaintext in the Secret',
      ).to.equal(false);
    }
  });

  it('removes the Secret and its Lease along with the pod', async () => {
    const sid = sidOf(admitted);
    expect(await cluster.sessionObjects(cluster.sessions, sid)).to.deep.equal([
      `lease/twofold-${sid}`,
      `secret/twofold-${sid}`,
    ]);
    await cluster.remove('pod', name);
    await cluster.gone(name);
    await cluster.noSessionObjects(sid);
  });
});
