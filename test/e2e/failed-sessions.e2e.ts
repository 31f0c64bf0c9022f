import { expect } from 'chai';
import type { Person } from '../../scripts/dev/person.ts';
import { connect, sidOf } from './cluster/connection.ts';
import { everStarted, GATE, initOf, openGate, pod, type PodOptions, uniqueName } from './sessions/pods.ts';
import { kubectlOutput } from './cluster/kubectl.ts';
import { marker } from './sessions/marker.ts';

/** Something happened between admission and the claim of the keys: what `kubectl describe pod` then shows. */
describe('a session that fails when its init container claims', () => {
  const cluster = connect();
  const id = uniqueName('failed');
  const value = `never to be read ${marker()}`;
  let alice: Person;

  const nothingStarted = (failed: Parameters<typeof everStarted>[0]): void => {
    expect(everStarted(failed), 'whether the user’s container ever started').to.equal(false);
  };
  const describePod = async (name: string): Promise<string> => {
    const described = await kubectlOutput(['describe', 'pod', name, '--namespace', cluster.sessions]);
    expect(described).not.to.contain(value);
    return described;
  };
  /** Admitted, but not started before `meanwhile` has ended. */
  const started = async (options: PodOptions, meanwhile: () => Promise<unknown>): Promise<string> => {
    const name = uniqueName('failed');
    await cluster.create(pod({ ...options, name, spec: { ...GATE, ...options.spec } }));
    await meanwhile();
    await openGate(cluster.sessions, name);
    return name;
  };
  const stored = async (name: string) => {
    await alice.store(name, value);
    return await alice.ticket({ namespace: cluster.sessions, secrets: [name] });
  };

  before(() => {
    alice = cluster.person('alice');
  });
  after(() => alice.close());

  it('for a ticket revoked in between: the pod shows it, and what to do', async () => {
    const { jti, annotations } = await stored(`${id}-revoked`);
    const name = await started({ annotations }, () => alice.must('DELETE', `/api/v1/tickets/${jti}`));
    const failed = await cluster.ended(name);
    expect(failed.status?.phase).to.equal('Failed');
    nothingStarted(failed);
    const described = await describePod(name);
    expect(described).to.match(/Exit Code:\s+11/);
    expect(described).to.match(
      /Message:\s+twofold: the console refused the claim: The ticket with jti \S+ has been revoked; get a new one and start the session again\. \[ticket_revoked\] \(expired\)/,
    );
    // Before the pod is deleted: it has ended.
    await cluster.noSessionObjects(sidOf(failed));
    await cluster.remove('pod', name);
  });

  it('for a secret deleted in between: a pod that restarts never starts without it, and its status shows it', async () => {
    const secret = `${id}-deleted`;
    const { annotations } = await stored(secret);
    const name = await started({ annotations, spec: { restartPolicy: 'Always' } }, () =>
      alice.must('DELETE', `/api/v1/secrets/${secret}`),
    );
    const failing = await cluster.podThat(
      'waits before another try',
      name,
      (seen) => initOf(seen)?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    nothingStarted(failing);
    const described = await describePod(name);
    expect(described).to.match(/Exit Code:\s+11/);
    expect(described).to.match(
      /The secret \S+-deleted has been deleted; leave it out and start the session again/,
    );
    const row = await kubectlOutput(['get', 'pod', name, '--namespace', cluster.sessions, '--no-headers']);
    expect(row).to.match(/0\/1\s+Init:(CrashLoopBackOff|Error)/);
    await cluster.remove('pod', name);
    await cluster.noSessionObjects(sidOf(failing));
  });

  it('for a ticket whose one use is spent: the second pod shows it, the first keeps its secret', async () => {
    const secret = `${id}-once`;
    await alice.store(secret, value);
    const { annotations } = await alice.ticket({ namespace: cluster.sessions, secrets: [secret], uses: 1 });
    const first = uniqueName('first');
    const second = await started({ annotations }, async () => {
      await cluster.create(pod({ name: first, annotations }));
      await cluster.ready(first);
    });
    const failed = await cluster.ended(second);
    nothingStarted(failed);
    expect(await describePod(second)).to.match(
      /get a new ticket\. \[uses_exceeded\] \(refused\)\s+Exit Code:\s+10/,
    );
    expect(await cluster.exec(first, ['cat', `/secrets/${secret}`])).to.equal(value);
    for (const name of [first, second]) await cluster.remove('pod', name);
  });
});
