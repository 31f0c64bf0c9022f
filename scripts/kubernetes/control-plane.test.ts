/** `scripts/kubernetes/control-plane`: none of it outlives the process that started it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { expect } from 'chai';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/eventually.ts';
import { testFolder } from '../../test/folder.ts';

const script = fileURLToPath(new URL('control-plane', import.meta.url));
/** Starts one and reports it, as a program that uses one would. */
const starter = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.argv[1], [process.argv[2]], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.pipe(process.stdout);
  process.stdin.resume().once('end', () => child.stdin.end());
`;

const PROGRAMS = ['control-plane', 'etcd', 'kube-apiserver', 'kube-controller-manager'];

interface Running {
  readonly pid: number;
  readonly name: string;
}

/** Its running processes. */
function running(folder: string): Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        if (!environment.includes(`CONTROL_PLANE_OF=${folder}`)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        // A script's name follows its shell's.
        const program = command.slice(0, 2).find((part) => PROGRAMS.includes(basename(part)));
        return program === undefined ? [] : [{ pid: Number(pid), name: basename(program) }];
      } catch {
        return []; // ended in the meantime
      }
    });
}

describe('scripts/kubernetes/control-plane', function () {
  this.timeout(60_000);

  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const start = async (folder: string): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['-e', starter, script, join(folder, 'plane')], {
      env: { ...process.env, CONTROL_PLANE_OF: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).to.equal('ready\n');
    await eventually('all of it runs', () => {
      const names = running(folder).map(({ name }) => name);
      return Promise.resolve(PROGRAMS.every((name) => names.includes(name)));
    });
    return child;
  };
  const gone = (folder: string): Promise<unknown> =>
    eventually('nothing of it runs', () => Promise.resolve(running(folder).length === 0), {
      timeoutMs: 20_000,
      seen: () => running(folder),
    });

  it('ends with its standard input', async () => {
    const folder = testFolder('control-plane');
    (await start(folder)).stdin?.end();
    await gone(folder);
  });

  it('ends with the process that started it, however that ends', async () => {
    const folder = testFolder('control-plane');
    (await start(folder)).kill('SIGKILL');
    await gone(folder);
  });

  it('ends when its own script is killed', async () => {
    const folder = testFolder('control-plane');
    await start(folder);
    process.kill(running(folder).find(({ name }) => name === 'control-plane')?.pid ?? 0, 'SIGKILL');
    await gone(folder);
  });

  it('fails, showing why, when a part of it cannot start', async () => {
    const folder = testFolder('control-plane');
    const child = spawn(script, [join(folder, 'plane'), '--no-such-flag'], { stdio: 'pipe' });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).to.equal(1);
    expect(said.join('')).to.contain('unknown flag: --no-such-flag').and.contain('kube-apiserver ended');
  });
});
