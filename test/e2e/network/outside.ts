/** A machine outside the cluster: an address that the node routes to, and from which it gets packets for pods. */
import { execFile, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { eventually } from '../../eventually.ts';

const run = promisify(execFile);
const GATEWAY = '203.0.113.1/24';
/** Of the cluster's own network namespace, which needs no route out for it. */
const NEAR = 'veth-outside';

export interface Machine {
  readonly address: string;
  /** A process in its network. */
  readonly pid: number;
  close(): Promise<void>;
}

function networkOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

export async function startMachineOutside(): Promise<Machine> {
  const address = '203.0.113.9';
  const child = spawn('setpriv', ['--pdeathsig=KILL', '--', 'unshare', '--net', '--', 'sleep', 'infinity'], {
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  await eventually('it has a network of its own', () =>
    Promise.resolve(![undefined, networkOf('self')].includes(networkOf(pid))),
  );
  const ip = (...args: readonly string[]) => run('ip', args);
  const there = (...args: readonly string[]) =>
    run('nsenter', ['--target', String(pid), '--net', 'ip', ...args]);
  await ip('link', 'add', NEAR, 'type', 'veth', 'peer', 'name', 'near', 'netns', String(pid));
  await ip('address', 'add', GATEWAY, 'dev', NEAR);
  await ip('link', 'set', NEAR, 'up');
  await there('address', 'add', `${address}/24`, 'dev', 'near');
  await there('link', 'set', 'near', 'up');
  await there('route', 'add', 'default', 'via', GATEWAY.replace('/24', ''));
  return {
    address,
    pid,
    close: async () => {
      await ip('link', 'delete', NEAR);
      child.kill('SIGKILL');
    },
  };
}
