/** `kubectl debug` on a session's pod, at a real API server with webhook and guard. */
import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pod } from '../../scripts/dev/kubernetes/objects.ts';
import { nameOf, sessions, startDrill, type Drill } from './cluster.ts';

const builder = fileURLToPath(new URL('../../scripts/kubernetes/build', import.meta.url));

describe('kubectl debug of a session’s pod', function () {
  this.timeout(120_000);
  let drill: Drill;
  let pod: Pod;
  let kubectl: string;

  before(async () => {
    kubectl = join(execFileSync(builder, ['control-plane'], { encoding: 'utf8' }).trim(), 'kubectl');
    drill = await startDrill();
    const alice = drill.person('alice');
    await alice.store('db-password', 'v');
    const { annotations } = await alice.ticket({ namespace: sessions, secrets: ['db-password'] });
    pod = await drill.admitPod(annotations);
    alice.close();
  });
  after(() => drill.stack.stop());

  const debug = (...args: readonly string[]) => {
    const admin = join(drill.stack.dir, 'admin.kubeconfig');
    const { name = '' } = pod.metadata;
    const all = ['--kubeconfig', admin, '--namespace', sessions, 'debug', name, '--image=busybox', ...args];
    const { status, stderr } = spawnSync(kubectl, [...all, '--attach=false'], { encoding: 'utf8' });
    return { status, stderr };
  };

  /** Annotations go with the copy under kubectl's old default profile, or where asked for: the webhook sees such a copy. */
  const webhook = /\(reserved_names\)/;
  const guard = /'twofold-shape'/;
  const general = '--profile=general';
  const copies: readonly (readonly [flags: readonly string[], by: RegExp])[] = [
    [[], webhook],
    [['--container=main', '--share-processes=false'], webhook],
    [[general], guard],
    [[general, '--keep-labels'], guard],
    [[general, '--keep-annotations'], webhook],
    [[general, '--keep-annotations', '--keep-labels'], webhook],
    [[general, '--keep-init-containers=false'], guard],
  ];
  for (const [flags, by] of copies) {
    it(`refuses a copy, and names what works instead: --copy-to ${flags.join(' ')}`, () => {
      const { status, stderr } = debug(`--copy-to=${nameOf('copy')}`, ...flags);
      expect(status, stderr).to.equal(1);
      expect(stderr)
        .to.match(by)
        .and.match(/a copy of a session.s pod .*cannot start.*kubectl debug POD --target=CONTAINER/);
    });
  }

  it('lets a container be added to the pod itself', () => {
    const { status, stderr } = debug('--target=main', general);
    expect(status, stderr).to.equal(0);
  });
});
