/**
 * The node itself, as seen by root: containers' processes, the memory volumes of pods. These scenarios run
 * in the cluster's own namespaces, so process ids and paths are the kubelet's.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import type { Range } from '../last/search.ts';

const run = promisify(execFile);
const UID_LABEL = 'io.kubernetes.pod.uid';

const READABLE = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ *(.*)$/;
/** The kernel's mappings, which cannot be read this way. */
const KERNELS = /^(\[v(var|syscall|dso)|anon_inode:)/;

export interface Task {
  readonly id: string;
  readonly pid: number;
  /** A sandbox holds the pod's network, and is created again before its containers are. */
  readonly kind: 'sandbox' | 'container';
}

async function ctr(...args: readonly string[]): Promise<string[]> {
  const { stdout } = await run('ctr', ['--namespace', 'k8s.io', ...args]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Everything that runs on the node, or only what belongs to containers with these ids. */
async function tasks(ids?: ReadonlySet<string>): Promise<readonly Omit<Task, 'kind'>[]> {
  return (await ctr('tasks', 'list')).slice(1).flatMap((line) => {
    const [id = '', pid = '', status] = line.split(/\s+/);
    return status === 'RUNNING' && (ids?.has(id) ?? true) ? [{ id, pid: Number(pid) }] : [];
  });
}

/** What this pod runs now. */
export async function podTasks({ metadata }: V1Pod): Promise<readonly Task[]> {
  const label = `labels."${UID_LABEL}"==${metadata?.uid ?? ''}`;
  const ids = new Set(await ctr('containers', 'list', '--quiet', label));
  const sandboxes = new Set(
    await ctr('containers', 'list', '--quiet', `${label},labels."io.cri-containerd.kind"==sandbox`),
  );
  return (await tasks(ids)).map((task) => ({
    ...task,
    kind: sandboxes.has(task.id) ? 'sandbox' : 'container',
  }));
}

/** Everything that runs in containers on this node. */
export function allTasks(): Promise<readonly Omit<Task, 'kind'>[]> {
  return tasks();
}

/** `kill -9`; a process that has ended in the meantime is not a failure. */
export function killTasks(killed: readonly Omit<Task, 'kind'>[]): void {
  for (const { pid } of killed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** Where a pod's emptyDir is on the node. */
export function volumeFolder({ metadata }: V1Pod, volume: string): string {
  return join('/var/lib/kubelet/pods', metadata?.uid ?? '', 'volumes/kubernetes.io~empty-dir', volume);
}

/** Changes the size of a mounted memory volume. */
export async function resizeTmpfs(folder: string, bytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${bytes}`, folder]);
}

/**
 * The memory of a process as `/proc` shows it, what a core dump would hold: its readable parts. It is stopped
 * while `look` runs.
 */
export function withMemory<T>(pid: number, look: (file: string, parts: readonly Range[]) => T): T {
  process.kill(pid, 'SIGSTOP');
  try {
    const parts = readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, start = '', end = '', name = ''] = READABLE.exec(line) ?? [];
        return start === '' || KERNELS.test(name)
          ? []
          : [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }];
      });
    return look(`/proc/${pid}/mem`, parts);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
