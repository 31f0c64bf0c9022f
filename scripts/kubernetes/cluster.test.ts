/** `scripts/cluster` where it starts nothing: what it says and refuses. A cluster that runs is in test/e2e/cluster.e2e.ts. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { testFolder } from '../../test/folder.ts';

const scripts = fileURLToPath(new URL('..', import.meta.url));

describe('scripts/cluster', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = testFolder('checkout');
    mkdirSync(join(checkout, 'scripts'));
    for (const part of ['cluster', 'kubernetes', 'setup']) {
      cpSync(join(scripts, part), join(checkout, 'scripts', part), { recursive: true });
    }
  });

  const run = (
    args: readonly string[],
    { kubeconfig = '', input = '', prefix = [] as readonly string[] } = {},
  ) => {
    const [command = '', ...rest] = [...prefix, join(checkout, 'scripts/cluster'), ...args];
    const { status, stdout, stderr } = spawnSync(command, rest, {
      cwd: checkout,
      encoding: 'utf8',
      input,
      timeout: 15_000,
      env: { ...process.env, KUBECONFIG: kubeconfig },
    });
    return { status, stdout, stderr };
  };

  it('ends without root, naming what is missing and what to do', () => {
    // A user namespace without a mapping: whoever runs this test is nobody there.
    const prefix = process.getuid?.() === 0 ? ['unshare', '--user'] : [];
    for (const command of [['up'], ['in', 'true'], ['load', 'image.tar']]) {
      const { status, stderr } = run(command, { prefix });
      expect(status, stderr).to.equal(1);
      expect(stderr).to.match(/^cluster: root is missing: .*export KUBECONFIG=FILE$/m);
    }
    expect(existsSync(join(checkout, '.cluster'))).to.equal(false);
  });

  it('uses the cluster that KUBECONFIG names, says so, and starts nothing', () => {
    const { status, stderr } = run(['up'], { kubeconfig: '/elsewhere/kubeconfig' });
    expect(status).to.equal(0);
    expect(stderr).to.contain(
      'KUBECONFIG=/elsewhere/kubeconfig names a cluster: that one is used, none is started',
    );
    expect(existsSync(join(checkout, '.cluster'))).to.equal(false);
  });

  it('runs a command as it is when KUBECONFIG names another cluster', () => {
    const { status, stdout } = run(['in', 'sh', '-c', 'cat; pwd; echo $KUBECONFIG; exit 7'], {
      kubeconfig: '/elsewhere/kubeconfig',
      input: 'from outside\n',
    });
    expect(status).to.equal(7);
    expect(stdout).to.equal(`from outside\n${checkout}\n/elsewhere/kubeconfig\n`);
  });

  it('brings no image to a cluster that is not its own', () => {
    const { status, stderr } = run(['load', 'image.tar'], { kubeconfig: '/elsewhere/kubeconfig' });
    expect(status).to.equal(1);
    expect(stderr).to.contain('push the images to a registry');
  });

  it('knows its own kubeconfig by whatever path', () => {
    for (const kubeconfig of [
      '.cluster/admin.kubeconfig',
      join(checkout, 'scripts/../.cluster/admin.kubeconfig'),
    ]) {
      const { status, stderr } = run(['status'], { kubeconfig });
      expect(status).to.equal(1);
      expect(stderr).to.equal('==> no cluster runs here: make cluster\n');
    }
  });

  it('takes no other process for its own after a restart of the machine', () => {
    mkdirSync(join(checkout, '.cluster'));
    writeFileSync(join(checkout, '.cluster/init.pid'), `${process.pid} 1\n`);
    expect(run(['status']).status).to.equal(1);
  });

  it('has nothing to end where nothing is', () => {
    const { status, stderr } = run(['down']);
    expect([status, stderr]).to.deep.equal([0, '==> no cluster is here\n']);
  });

  it('lists its commands', () => {
    const { status, stderr } = run([]);
    expect(status).to.equal(2);
    for (const command of ['up', 'down', 'status', 'in', 'load']) {
      expect(stderr).to.match(new RegExp(`^  scripts/cluster ${command}\\b`, 'm'));
    }
  });
});
