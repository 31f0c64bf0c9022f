/** `make cluster` and `make cluster-down` of a second checkout, next to the cluster of the other scenarios. About a minute. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const local = process.env['KUBECONFIG'] === `${repository}.cluster/admin.kubeconfig`;

(local ? describe : describe.skip)('a second cluster on one machine', () => {
  let checkout = '';
  const environment = { ...process.env };
  delete environment['KUBECONFIG'];

  const cluster = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(checkout, 'scripts/cluster'), args, {
      cwd: checkout,
      env: environment,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };
  const succeeds = (...args: string[]): string => {
    const { status, output } = cluster(...args);
    expect(status, output).to.equal(0);
    return output;
  };
  const kept = (file: string): string => readFileSync(join(checkout, '.cluster', file), 'utf8').trim();

  /** Of either version: one tree, or one for each controller. */
  const cgroups = (): readonly string[] =>
    ['.', ...readdirSync('/sys/fs/cgroup')]
      .map((controller) => join('/sys/fs/cgroup', controller, kept('cgroup')))
      .filter((folder) => existsSync(folder));

  const processes = (): readonly string[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(checkout);
        } catch {
          return false; // it ended in the meantime
        }
      });

  /** Except those of the first cluster's pods, which come and go. */
  const interfaces = (): readonly string[] =>
    readdirSync('/sys/class/net').filter((name) => !name.startsWith('veth'));

  before(() => {
    checkout = mkdtempSync(join(tmpdir(), 'twofold-second-'));
    mkdirSync(join(checkout, 'scripts'));
    for (const part of ['cluster', 'kubernetes', 'servers', 'setup']) {
      cpSync(join(repository, 'scripts', part), join(checkout, 'scripts', part), { recursive: true });
    }
    succeeds('up');
  });
  after(() => {
    cluster('down');
    rmSync(checkout, { recursive: true });
  });

  it('starts next to the first, and runs its own pods', () => {
    const options = ['--image=localhost/busybox:1', '--image-pull-policy=Never', '--restart=Never'];
    succeeds('in', 'kubectl', 'run', 'only-here', ...options, '--', 'true');
    succeeds(
      'in',
      'kubectl',
      'wait',
      '--for=jsonpath={.status.phase}=Succeeded',
      'pod/only-here',
      '--timeout=60s',
    );
    const { stderr } = spawnSync('kubectl', ['get', 'pod', 'only-here'], { encoding: 'utf8' });
    expect(stderr).to.contain('pods "only-here" not found');
  });

  it('reports that it is already running when started twice', () => {
    expect(succeeds('up')).to.contain('the cluster is already running');
  });

  it('starts again after its process 1 was killed', () => {
    process.kill(Number(kept('init.pid').split(' ')[0]), 'SIGKILL');
    succeeds('up');
    expect(succeeds('in', 'kubectl', 'get', 'pods')).to.contain('No resources found');
  });

  it('leaves nothing behind: no process, mount, interface, cgroup or file', () => {
    const [before, folders] = [interfaces(), cgroups()];
    expect(folders).to.not.deep.equal([]);
    expect(processes()).to.not.deep.equal([]);
    succeeds('down');
    expect(processes()).to.deep.equal([]);
    expect(folders.filter((folder) => existsSync(folder))).to.deep.equal([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.not.contain(checkout);
    expect(interfaces()).to.deep.equal(before);
    expect(readdirSync(checkout)).to.deep.equal(['scripts']);
  });
});
