/** `scripts/cluster` where it starts nothing: what it prints and refuses. test/e2e/cluster.e2e.ts has a running cluster. */
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

  it('fails without root, naming what is missing and what to do', () => {
    // A user namespace without a mapping: the user running this test is nobody there.
    const prefix = process.getuid?.() === 0 ? ['unshare', '--user'] : [];
    for (const command of [['up'], ['in', 'true'], ['load', 'image.tar']]) {
      const { status, stderr } = run(command, { prefix });
      expect(status, stderr).to.equal(1);
      expect(stderr).to.match(/^cluster: this needs root: .*export KUBECONFIG=FILE$/m);
    }
    expect(existsSync(join(checkout, '.cluster'))).to.equal(false);
  });

  it('uses the cluster that KUBECONFIG names, reports it, and starts nothing', () => {
    const { status, stderr } = run(['up'], { kubeconfig: '/elsewhere/kubeconfig' });
    expect(status).to.equal(0);
    expect(stderr).to.contain(
      'KUBECONFIG=/elsewhere/kubeconfig names a cluster: using that one, starting none',
    );
    expect(existsSync(join(checkout, '.cluster'))).to.equal(false);
  });

  it('runs a command unchanged when KUBECONFIG names another cluster', () => {
    const { status, stdout } = run(['in', 'sh', '-c', 'cat; pwd; echo $KUBECONFIG; exit 7'], {
      kubeconfig: '/elsewhere/kubeconfig',
      input: 'from outside\n',
    });
    expect(status).to.equal(7);
    expect(stdout).to.equal(`from outside\n${checkout}\n/elsewhere/kubeconfig\n`);
  });

  it('loads no image into a cluster that is not its own', () => {
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
      expect(stderr).to.equal('==> no cluster is running here: make cluster\n');
    }
  });

  it('does not mistake another process for its own after a restart of the machine', () => {
    mkdirSync(join(checkout, '.cluster'));
    writeFileSync(join(checkout, '.cluster/init.pid'), `${process.pid} 1\n`);
    expect(run(['status']).status).to.equal(1);
  });

  it('has nothing to stop where nothing is running', () => {
    const { status, stderr } = run(['down']);
    expect([status, stderr]).to.deep.equal([0, '==> there is no cluster here\n']);
  });

  it('lists its commands', () => {
    const { status, stderr } = run([]);
    expect(status).to.equal(2);
    for (const command of ['up', 'down', 'status', 'in', 'load']) {
      expect(stderr).to.match(new RegExp(`^  scripts/cluster ${command}\\b`, 'm'));
    }
  });
});
